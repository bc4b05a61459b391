/**
 * The right side of a check, in which `%(name)s` stands for a value of the target and `%%` for a percent sign.
 * Source: contract 10 §4.1.
 */
import { policyText } from './named-values.ts';
import type { PolicyTarget } from './named-values.ts';

/** Texts and names in turn, beginning and ending with a text: `a%(b)sc` is `['a', 'b', 'c']`. */
export interface Template {
  readonly texts: readonly string[];
  readonly names: readonly string[];
}

/** null when a percent sign starts neither `%(name)s` nor `%%`. */
export function parseTemplate(source: string): Template | null {
  const texts: string[] = [];
  const names: string[] = [];
  let text = '';
  let position = 0;
  for (let percent = source.indexOf('%'); percent !== -1; percent = source.indexOf('%', position)) {
    text += source.slice(position, percent);
    if (source[percent + 1] === '%') {
      text += '%';
      position = percent + 2;
      continue;
    }
    const end = endOfName(source, percent + 1);
    if (end === -1 || source[end + 1] !== 's') return null;
    texts.push(text);
    names.push(source.slice(percent + 2, end));
    text = '';
    position = end + 2;
  }
  texts.push(text + source.slice(position));
  return { texts, names };
}

/** Where the parenthesis that opens at `start` closes, counting those inside the name; -1 when it does not. */
function endOfName(source: string, start: number): number {
  if (source[start] !== '(') return -1;
  let open = 0;
  for (let position = start; position < source.length; position++) {
    if (source[position] === '(') open++;
    if (source[position] === ')') open--;
    if (open === 0) return position;
  }
  return -1;
}

/** The text with the target's values put in, or null when the target lacks one of the names. */
export function substitute(template: Template, target: PolicyTarget): string | null {
  let result = template.texts[0] ?? '';
  let used = 0;
  for (const name of template.names) {
    const value = target.get(name);
    if (value === undefined) return null;
    used++;
    result += policyText(value) + (template.texts[used] ?? '');
  }
  return result;
}

/** The text of a template without names, else null. */
export function constantText(template: Template): string | null {
  return template.names.length === 0 ? (template.texts[0] ?? '') : null;
}
