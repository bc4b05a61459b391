/**
 * Reads a regular expression as Python writes them, as far as it can be matched in linear time: no look-around, no
 * back-references. What is not understood is refused with the reason, so that no name is matched otherwise than Glance
 * matches it. Source: contract 10 §7.
 */
import { escapedCharacter, escapedClass, inAnyCase, readSet } from './name-pattern-characters.ts';
import type { CharacterTest } from './name-pattern-characters.ts';
import { PatternSource } from './name-pattern-source.ts';

/** Where in the text the pattern has to be, without taking a character. */
export type PatternPlace = 'start' | 'end' | 'last end' | 'word boundary' | 'no word boundary';

export type PatternNode =
  | { readonly kind: 'character'; readonly test: CharacterTest }
  | { readonly kind: 'place'; readonly place: PatternPlace }
  /** One after the other; none match the empty text. */
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  /** One of them. */
  | { readonly kind: 'choice'; readonly parts: readonly PatternNode[] }
  /** `most` null: any number. */
  | { readonly kind: 'repetition'; readonly part: PatternNode; readonly least: number; readonly most: number | null };

interface Flags {
  readonly ignoreCase: boolean;
  readonly dotMatchesAll: boolean;
}

/** Groups inside groups; deeper ones would only try the stack. */
const deepestGroup = 50;

/** Raises `UnreadablePattern`, which says why, with the position in the pattern. */
export function parseNamePattern(pattern: string): PatternNode {
  const source = new PatternSource(pattern);
  const flags = readGlobalFlags(source);
  const node = readChoice(source, flags, 0);
  if (!source.atEnd()) throw source.problem('a closing parenthesis stands without its opening one');
  return node;
}

/** `(?i)` and `(?s)` at the beginning; `u` is what holds anyhow. */
function readGlobalFlags(source: PatternSource): Flags {
  const given = source.take(/^\(\?([a-zA-Z]+)\)/)?.[1] ?? '';
  const unknown = /[^isu]/.exec(given)?.[0];
  if (unknown !== undefined) throw source.problem(`the flag ${unknown} is not supported; i and s are`);
  return { ignoreCase: given.includes('i'), dotMatchesAll: given.includes('s') };
}

function readChoice(source: PatternSource, flags: Flags, depth: number): PatternNode {
  const parts = [readSequence(source, flags, depth)];
  while (source.skip('|')) parts.push(readSequence(source, flags, depth));
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: 'choice', parts };
}

function readSequence(source: PatternSource, flags: Flags, depth: number): PatternNode {
  const parts: PatternNode[] = [];
  while (!source.atEnd() && !source.sees('|') && !source.sees(')')) {
    const item = readItem(source, flags, depth);
    if (item !== null) parts.push(readRepetitions(source, item));
  }
  return { kind: 'sequence', parts };
}

/** Null for a comment. */
function readItem(source: PatternSource, flags: Flags, depth: number): PatternNode | null {
  if (source.sees('(')) return readGroup(source, flags, depth);
  if (source.skip('[')) return character(readSet(source, flags));
  if (source.skip('.')) return character((each) => flags.dotMatchesAll || each !== '\n');
  if (source.skip('^')) return { kind: 'place', place: 'start' };
  if (source.skip('$')) return { kind: 'place', place: 'last end' };
  if (source.skip('\\')) return readEscape(source, flags);
  if (source.takeRepetition() !== null) throw source.problem('there is nothing to repeat');
  return literalCharacter(source.next(), flags);
}

function readGroup(source: PatternSource, flags: Flags, depth: number): PatternNode | null {
  if (source.take(/^\(\?#[^)]*\)/) !== null) return null;
  if (depth === deepestGroup) throw source.problem('groups stand too deep inside each other');
  if (source.take(/^\((?:\?:|\?P<[A-Za-z_]\w*>|(?!\?))/) === null) {
    throw source.problem(
      'of the groups that begin with "(?" only (?:…), (?P<name>…) and (?#…) are supported; sections are tried in ' +
        'order, so that what must not match can stand in a section before',
    );
  }
  const node = readChoice(source, flags, depth + 1);
  if (!source.skip(')')) throw source.problem('a group is not closed');
  return node;
}

const places: ReadonlyMap<string, PatternPlace> = new Map<string, PatternPlace>([
  ['A', 'start'],
  ['Z', 'end'],
  ['b', 'word boundary'],
  ['B', 'no word boundary'],
]);

function readEscape(source: PatternSource, flags: Flags): PatternNode {
  const letter = source.peek();
  const place = places.get(letter);
  if (place !== undefined) {
    source.next();
    return { kind: 'place', place };
  }
  const ofClass = escapedClass(letter);
  if (ofClass !== null) {
    source.next();
    return character(ofClass);
  }
  return literalCharacter(escapedCharacter(source), flags);
}

/** Whether a repetition is lazy changes what is found, not whether something is. */
function readRepetitions(source: PatternSource, part: PatternNode): PatternNode {
  const repetition = source.takeRepetition();
  if (repetition === null) return part;
  if (part.kind === 'place') throw source.problem('there is nothing to repeat');
  source.skip('?');
  if (source.sees('+')) throw source.problem('possessive repetition is not supported');
  if (source.takeRepetition() !== null) throw source.problem('a repetition is repeated');
  return { kind: 'repetition', part, ...repetition };
}

function character(test: CharacterTest): PatternNode {
  return { kind: 'character', test };
}

function literalCharacter(literal: string, { ignoreCase }: Flags): PatternNode {
  if (!ignoreCase) return character((each) => each === literal);
  const plain = literal.toUpperCase().toLowerCase();
  return character(inAnyCase((each) => each === literal || each === plain));
}
