/** Which characters a part of a pattern stands for: escapes, classes such as `\w`, and sets such as `[a-z_]`. */
import type { PatternSource } from './name-pattern-source.ts';

/** Asked with one whole character. */
export type CharacterTest = (character: string) => boolean;

const word = /^[\p{L}\p{N}_]$/u;
const digit = /^\p{Nd}$/u;
/** What Python takes for a blank and JavaScript does not: the separators of ASCII, and the next line. */
const furtherBlanks: ReadonlySet<string> = new Set(['\u001C', '\u001D', '\u001E', '\u001F', '\u0085']);

const classes: ReadonlyMap<string, CharacterTest> = new Map<string, CharacterTest>([
  ['w', isWordCharacter],
  ['W', (character) => !word.test(character)],
  ['d', (character) => digit.test(character)],
  ['D', (character) => !digit.test(character)],
  ['s', isBlank],
  ['S', (character) => !isBlank(character)],
]);

const namedCharacters: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['f', '\f'],
  ['v', '\v'],
  ['a', '\u0007'],
]);

export function isWordCharacter(character: string): boolean {
  return word.test(character);
}

/** The byte order mark is a blank to JavaScript alone. */
function isBlank(character: string): boolean {
  return (/^\s$/u.test(character) && character !== '\ufeff') || furtherBlanks.has(character);
}

/** What `\w` and its like stand for; null for any other letter. */
export function escapedClass(letter: string): CharacterTest | null {
  return classes.get(letter) ?? null;
}

/** The one character that stands behind a backslash, which was read already. */
export function escapedCharacter(source: PatternSource): string {
  const coded = source.take(/^(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8}))/);
  if (coded !== null) {
    const code = Number.parseInt(coded[1] ?? coded[2] ?? coded[3] ?? '', 16);
    if (code > 0x10_ff_ff) throw source.problem('there is no such character');
    return String.fromCodePoint(code);
  }
  const letter = source.next();
  const named = namedCharacters.get(letter);
  if (named !== undefined) return named;
  if (/\d/.test(letter)) throw source.problem('numbers behind a backslash, as back-references have, are not supported');
  if (/[a-zA-Z]/.test(letter)) throw source.problem(`"\\${letter}" is not supported`);
  return letter;
}

/** Whether the test holds of the character in some case: `ſ` is an s too, as Python has it. */
export function inAnyCase(test: CharacterTest): CharacterTest {
  return (character) => {
    const upper = character.toUpperCase();
    return [character, character.toLowerCase(), upper, upper.toLowerCase()].some((each) => test(each));
  };
}

/** A set whose opening bracket was read already. What a set with `^` leaves out, it leaves out in any case. */
export function readSet(source: PatternSource, { ignoreCase }: { readonly ignoreCase: boolean }): CharacterTest {
  const negated = source.skip('^');
  const tests: CharacterTest[] = [];
  // A bracket that comes first stands for itself.
  if (source.skip(']')) tests.push(readRange(source, ']'));
  while (!source.skip(']')) {
    if (source.atEnd()) throw source.problem('a set of characters is not closed');
    tests.push(readMember(source));
  }
  const isMember: CharacterTest = (character) => tests.some((test) => test(character));
  const isFound = ignoreCase ? inAnyCase(isMember) : isMember;
  return (character) => isFound(character) !== negated;
}

function readMember(source: PatternSource): CharacterTest {
  if (!source.skip('\\')) return readRange(source, source.next());
  const ofClass = escapedClass(source.peek());
  if (ofClass === null) return readRange(source, readSetEscape(source));
  source.next();
  if (source.seesRange()) throw source.problem('a range begins with more than one character');
  return ofClass;
}

/** Inside a set `\b` is the backspace. */
function readSetEscape(source: PatternSource): string {
  return source.skip('b') ? '\b' : escapedCharacter(source);
}

function readRangeEnd(source: PatternSource): string {
  if (escapedClass(source.peek()) !== null) throw source.problem('a range ends with more than one character');
  return readSetEscape(source);
}

/** One character, or the range that it begins. */
function readRange(source: PatternSource, first: string): CharacterTest {
  if (!source.seesRange()) return (character) => character === first;
  source.next();
  const last = source.skip('\\') ? readRangeEnd(source) : source.next();
  const [from, to] = [first.codePointAt(0) ?? 0, last.codePointAt(0) ?? 0];
  if (to < from) throw source.problem('a range runs backwards');
  return (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code >= from && code <= to;
  };
}
