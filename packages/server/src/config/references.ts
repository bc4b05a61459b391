/**
 * Replaces `$name`, `${name}`, `$group.name` and `${group.name}` in the text of a value by what those options hold.
 *
 * Source: contract 11 §1.1
 */
import type { OptionName } from './option.ts';

/** Text with its references replaced, or a sentence that says which reference cannot be. */
export type Expanded = { readonly text: string } | { readonly wrong: string };

/** The text of an option as it counts, not yet expanded: null when it holds nothing, undefined when there is none. */
export type ReferenceLookup = (target: OptionName) => string | null | undefined;

const referencePattern = /\$\$|\\\$|\$\{([_a-z][._a-z0-9]*)\}|\$([_a-z][._a-z0-9]*)/gi;

/**
 * Expands a text of an option of `group`. A plain name is looked for in that group, then in `DEFAULT`. `$$` and `\$`
 * give a dollar, and a dollar before anything but a letter, `_` or `{` stays. The sentence about a reference that
 * leads nowhere names it, so it must not be shown for a secret.
 */
export function expandReferences(text: string, group: string, lookup: ReferenceLookup): Expanded {
  return expand(text, { group, path: [], lookup });
}

interface Expansion {
  readonly group: string;
  /** The options on the way here, to notice a circle. */
  readonly path: readonly string[];
  readonly lookup: ReferenceLookup;
}

function expand(text: string, expansion: Expansion): Expanded {
  let wrong: string | null = null;
  const expanded = text.replaceAll(referencePattern, (match, inBraces?: string, plain?: string) => {
    const reference = inBraces ?? plain;
    if (reference === undefined) return '$';
    const result = resolve(reference, expansion);
    if ('text' in result) return result.text;
    wrong ??= result.wrong;
    return match;
  });
  return wrong === null ? { text: expanded } : { wrong };
}

function resolve(reference: string, expansion: Expansion): Expanded {
  for (const target of candidates(reference, expansion.group)) {
    const found = expansion.lookup(target);
    if (found === undefined) continue;
    if (found === null) return { text: '' };
    const title = `${target.group}.${target.name}`;
    if (expansion.path.includes(title)) return { wrong: `the reference $${reference} leads back to itself` };
    return expand(found, { ...expansion, group: target.group, path: [...expansion.path, title] });
  }
  return { wrong: `the reference $${reference} names no option; write $$ for a dollar sign` };
}

function candidates(reference: string, group: string): readonly OptionName[] {
  const dotAt = reference.indexOf('.');
  if (dotAt !== -1) return [{ group: reference.slice(0, dotAt), name: reference.slice(dotAt + 1) }];
  return [
    { group, name: reference },
    { group: 'DEFAULT', name: reference },
  ];
}
