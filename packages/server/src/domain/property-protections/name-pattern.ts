/**
 * Whether a pattern is found in the name of a property. All ways through the pattern are followed side by side, so that
 * the time is bounded by name × pattern: names come from users, and no name may keep the service busy.
 * Source: contract 10 §7.
 */
import { isWordCharacter } from './name-pattern-characters.ts';
import type { CharacterTest } from './name-pattern-characters.ts';
import { UnreadablePattern } from './name-pattern-source.ts';
import { parseNamePattern } from './name-pattern-syntax.ts';
import type { PatternNode, PatternPlace } from './name-pattern-syntax.ts';

export interface NamePattern {
  readonly source: string;
  /** Whether the pattern is found anywhere in the name, as Python's `re.search` does. */
  isFoundIn(name: string): boolean;
}

/** Goes on with the next step, or with the one named. */
interface Fork {
  readonly kind: 'fork';
  other: number;
}

interface Jump {
  readonly kind: 'jump';
  target: number;
}

type Step =
  | { readonly kind: 'take'; readonly test: CharacterTest }
  | { readonly kind: 'place'; readonly place: PatternPlace }
  | Fork
  | Jump
  | { readonly kind: 'found' };

/** Steps of one pattern: a repetition of a repetition can ask for very many. */
const mostSteps = 20_000;

/** The pattern, or why it cannot be used. */
export function readNamePattern(source: string): { readonly pattern: NamePattern } | { readonly problem: string } {
  try {
    const program: Step[] = [];
    write(program, parseNamePattern(source));
    program.push({ kind: 'found' });
    return { pattern: { source, isFoundIn: (name) => search(program, Array.from(name)) } };
  } catch (error) {
    if (error instanceof UnreadablePattern) return { problem: error.message };
    throw error;
  }
}

function write(program: Step[], node: PatternNode): void {
  if (program.length > mostSteps) throw new UnreadablePattern('its repetitions multiply to too many');
  switch (node.kind) {
    case 'character':
      program.push({ kind: 'take', test: node.test });
      return;
    case 'place':
      program.push({ kind: 'place', place: node.place });
      return;
    case 'sequence':
      for (const part of node.parts) write(program, part);
      return;
    case 'choice':
      writeChoice(program, node.parts);
      return;
    case 'repetition':
      writeRepetition(program, node);
  }
}

/** `fork` to the next part, this part, `jump` behind all of them. */
function writeChoice(program: Step[], parts: readonly PatternNode[]): void {
  const jumps: Jump[] = [];
  for (const part of parts.slice(0, -1)) {
    const fork: Fork = { kind: 'fork', other: 0 };
    program.push(fork);
    write(program, part);
    const jump: Jump = { kind: 'jump', target: 0 };
    program.push(jump);
    jumps.push(jump);
    fork.other = program.length;
  }
  for (const last of parts.slice(-1)) write(program, last);
  for (const jump of jumps) jump.target = program.length;
}

function writeRepetition(program: Step[], node: Extract<PatternNode, { kind: 'repetition' }>): void {
  for (let count = 0; count < node.least; count++) write(program, node.part);
  if (node.most === null) {
    const fork: Fork = { kind: 'fork', other: 0 };
    const start = program.length;
    program.push(fork);
    write(program, node.part);
    program.push({ kind: 'jump', target: start });
    fork.other = program.length;
    return;
  }
  const forks: Fork[] = [];
  for (let count = node.least; count < node.most; count++) {
    const fork: Fork = { kind: 'fork', other: 0 };
    program.push(fork);
    forks.push(fork);
    write(program, node.part);
  }
  for (const fork of forks) fork.other = program.length;
}

/** At each character the search also begins anew. */
function search(program: readonly Step[], text: readonly string[]): boolean {
  let ways: ReadonlySet<number> = new Set();
  for (let position = 0; position <= text.length; position++) {
    const reached = new Set<number>();
    for (const way of [...ways, 0]) if (follow(program, way, { text, position, reached })) return true;
    const character = text[position];
    if (character === undefined) return false;
    ways = takersOf(program, reached, character);
  }
  return false;
}

interface Moment {
  readonly text: readonly string[];
  readonly position: number;
  /** Steps that were reached without taking another character. */
  readonly reached: Set<number>;
}

/** Goes on from a step as far as no character is needed; true when the end of the pattern is reached. */
function follow(program: readonly Step[], from: number, { text, position, reached }: Moment): boolean {
  const open = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const step = program[at];
    if (step === undefined || reached.has(at)) continue;
    reached.add(at);
    if (step.kind === 'found') return true;
    if (step.kind === 'jump') open.push(step.target);
    if (step.kind === 'fork') open.push(step.other, at + 1);
    if (step.kind === 'place' && isPlace(step.place, text, position)) open.push(at + 1);
  }
  return false;
}

/** Where the ways are that could take the character. */
function takersOf(program: readonly Step[], reached: ReadonlySet<number>, character: string): ReadonlySet<number> {
  const taken = new Set<number>();
  for (const at of reached) {
    const step = program[at];
    if (step?.kind === 'take' && step.test(character)) taken.add(at + 1);
  }
  return taken;
}

function isPlace(place: PatternPlace, text: readonly string[], position: number): boolean {
  switch (place) {
    case 'start':
      return position === 0;
    case 'end':
      return position === text.length;
    case 'last end':
      return position === text.length || (position === text.length - 1 && text[position] === '\n');
    case 'word boundary':
      return isBoundary(text, position);
    case 'no word boundary':
      // Python finds no boundary of either kind in an empty text.
      return text.length > 0 && !isBoundary(text, position);
  }
}

function isBoundary(text: readonly string[], position: number): boolean {
  return isWordCharacter(text[position - 1] ?? '') !== isWordCharacter(text[position] ?? '');
}
