/**
 * Renders the reference page of all options: for each option of Glance and of ours, what it does here.
 */
import { groupOptions } from './option-groups.ts';
import type { OptionGroupPage } from './option-groups.ts';
import { describeAllowed, formatOptionValue } from './option-values.ts';
import { optionTitle } from './option.ts';
import type { Option, Treatment } from './option.ts';

const introduction = `# Configuration

<!-- Rendered from the table of options in packages/server/src/config; do not edit. -->

Lucarne reads the configuration of Glance: the same files, sections, names and values. A sample with every option that
has an effect is [etc/lucarne.conf.sample](../etc/lucarne.conf.sample).

## Where values come from

A later source wins over an earlier one:

1. the default;
2. configuration files: \`--config-file FILE\` and \`--config-dir FOLDER\` (all its \`*.conf\`, sorted by name), each as often
   as wanted, in the order of the command line;
3. environment variables \`OS_<SECTION>__<OPTION>\`, such as \`OS_DATABASE__CONNECTION\` or \`OS_DEFAULT__DEBUG\`;
4. \`LUCARNE_DATA_DIR\`, for \`[lucarne] data_dir\` alone;
5. the flags \`--host\`, \`--port\`, \`--data-dir\` and \`--debug\`.

With \`OS_GLANCE_CONFIG_DIR\` set and no \`--config-file\`, \`glance-image-import.conf\` (if there is one) and
\`glance-api.conf\` are read from that folder. Once there is any configuration, and no \`--config-dir\`, the first
\`glance.conf.d\` and the first \`glance-api.conf.d\` of \`~/.glance\`, \`~\`, \`/etc/glance\` and \`/etc\` are read before the
files of the command line.

**Started without any of these, the service reads no file at all, not even \`/etc/glance\`.** It then listens on 127.0.0.1,
keeps database and images in \`./lucarne-data\` and offers its own pocket Keystone: what one wants on a laptop, and never
by accident the configuration of a Glance that is installed beside it. To take over a Glance's configuration, name it:
\`--config-file /etc/glance/glance-api.conf\`.

## How files are written

- \`name = value\` or \`name: value\`, in a \`[section]\`. Section names may be in any case, except \`DEFAULT\`; option names may
  not.
- A comment is a whole line that begins with \`#\` or \`;\`. There are no comments behind a value.
- An indented line continues the value above it.
- One pair of quotes around a value is dropped.
- An option that is set twice has the last value; one that takes several values has all of them.
- \`$name\`, \`$section.name\` and the same in braces stand for the value of another option; \`$$\` is a dollar sign.
- A list is written \`a, b\`; where the table says so, in brackets: \`[a, b]\`.

Before the service starts, every option that has an effect is checked, and all that is wrong is reported at once, each
with file and line. Names that look like mistakes, options without effect and old names are reported as warnings.
Secrets appear in neither.

## Stores

Without \`enabled_backends\` there is one store for data, the folder \`[glance_store] filesystem_store_datadir\`, and web
servers can be named as locations. With it there are several stores, each with an id and a section of that name:

\`\`\`ini
[DEFAULT]
enabled_backends = fast:file, slow:file, mirror:http
[glance_store]
default_backend = fast
[fast]
store_description = NVMe
weight = 10
filesystem_store_datadir = /srv/fast
[slow]
filesystem_store_datadir = /srv/slow
\`\`\`

The section of a store takes the options that stand below in [backend_defaults], which hold for every store that does
not set them itself; so do variables such as \`OS_FAST__WEIGHT\`. The options of [glance_store] have no effect then, but
for \`default_backend\`. Stores of the kinds s3, swift, rbd, cinder and vmware are refused when the service starts: they
are not part of this release. No two stores, and neither staged data, tasks nor the cache, can share a folder.

## What Lucarne does with an option

- **honoured**: it does what it says.
- **no effect**: it is taken, and nothing comes of it, for the reason given.
- **not built yet**: it is taken, and nothing comes of it in this release, because the feature it belongs to is missing.
- **refused**: the service does not start with it, because going on without the feature would weaken security or harm
  data.

Values of options that are not honoured are not checked. Options marked *own* are Lucarne's; all others are Glance's or of the
libraries it uses.`;

/** The text of `docs/configuration.md`. */
export function renderOptionsPage(options: readonly Option[]): string {
  return [introduction, ...groupOptions(options).map(renderGroup)].join('\n\n') + '\n';
}

function renderGroup({ group, title, options }: OptionGroupPage): string {
  const rows = options.map(
    (option) =>
      `| ${renderName(option)} | ${renderValue(option)} | ${renderTreatment(option.treatment)} | ${renderHelp(option)} |`,
  );
  const head = ['| option | value and default | in Lucarne | what it is for |', '| --- | --- | --- | --- |'];
  return [`## [${group}]`, '', title, '', ...head, ...rows].join('\n');
}

function renderName(option: Option): string {
  return option.source === 'lucarne' ? `\`${option.name}\` *own*` : `\`${option.name}\``;
}

function renderValue(option: Option): string {
  const unit = option.unit === null ? '' : option.unit === 'URL' ? ', a URL' : `, in ${option.unit}`;
  return `${escapeCell(describeAllowed(option))}${unit}; ${renderDefault(option)}`;
}

function renderDefault(option: Option): string {
  if (option.defaultText !== null) return `default ${escapeCell(option.defaultText)}`;
  const texts = formatOptionValue(option, option.default).filter((text) => text !== '');
  return texts.length === 0 ? 'no default' : `default ${texts.map((text) => `\`${text}\``).join(' ')}`;
}

function renderTreatment(treatment: Treatment): string {
  switch (treatment.kind) {
    case 'honoured':
      return 'honoured';
    case 'ignored':
      return `no effect: ${escapeCell(treatment.reason)}`;
    case 'not-built':
      return `not built yet: ${escapeCell(treatment.feature)}`;
    case 'rejected':
      return `refused when ${treatment.when}: ${escapeCell(treatment.reason)}`;
  }
}

function renderHelp(option: Option): string {
  const oldNames = option.deprecatedNames.map((name) => `\`${optionTitle(name)}\``).join(', ');
  const help = escapeCell(option.help);
  return oldNames === '' ? help : `${help} Old name: ${oldNames}.`;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('*', '\\*');
}
