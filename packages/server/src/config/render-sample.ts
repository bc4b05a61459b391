/**
 * Renders the sample configuration file: every option that has an effect, with its default, commented out.
 *
 * Invariant: a line that starts with `#` and no blank behind it is an assignment, and removing its `#` changes nothing.
 */
import { groupOptions } from './option-groups.ts';
import type { OptionGroupPage } from './option-groups.ts';
import { describeAllowed, formatOptionValue } from './option-values.ts';
import { optionTitle } from './option.ts';
import type { Option } from './option.ts';

const lineWidth = 100;

const introduction = [
  '# Configuration of Lucarne, in the format and with the names of glance-api.conf.',
  '#',
  '# "#name = value" shows a default: remove the "#" and change the value. "# name =" has no default.',
  '# What is left out keeps its default. docs/configuration.md tells of all options, also of those of',
  '# Glance that have no effect. Rendered from the table of options; do not edit.',
  '#',
  '# Several stores have ids, and a section for each of them with the options of [backend_defaults]:',
  '#',
  '#     [DEFAULT]',
  '#     enabled_backends = fast:file, slow:file, mirror:http',
  '#     [glance_store]',
  '#     default_backend = fast',
  '#     [fast]',
  '#     filesystem_store_datadir = /srv/fast',
  '#     weight = 10',
  '#     [slow]',
  '#     filesystem_store_datadir = /srv/slow',
];

/** The text of `etc/lucarne.conf.sample`. */
export function renderSample(options: readonly Option[]): string {
  const effective = options.filter((option) => option.treatment.kind === 'honoured');
  const groups = groupOptions(effective).map(renderGroup);
  return [introduction.join('\n'), ...groups].join('\n\n') + '\n';
}

function renderGroup({ group, title, options }: OptionGroupPage): string {
  const head = `[${group}]\n# ${title}`;
  return [head, ...options.map(renderOption)].join('\n\n');
}

function renderOption(option: Option): string {
  return [...describeOption(option).flatMap(wrapComment), ...renderAssignments(option)].join('\n');
}

function describeOption(option: Option): readonly string[] {
  const unit = option.unit === null ? '' : `, in ${option.unit}`;
  const facts = [`Value: ${describeAllowed(option)}${option.unit === 'URL' ? ', a URL' : unit}.`];
  if (option.defaultText !== null) facts.push(`Default: ${option.defaultText}.`);
  if (option.deprecatedNames.length > 0) {
    facts.push(`Old name: ${option.deprecatedNames.map(optionTitle).join(', ')}.`);
  }
  return [option.help, facts.join(' ')];
}

function renderAssignments(option: Option): readonly string[] {
  const texts = formatOptionValue(option, option.default);
  if (texts.length === 0) return [`# ${option.name} =`];
  return texts.map((text) => `#${option.name} = ${text}`.trimEnd());
}

function wrapComment(text: string): readonly string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > lineWidth) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
