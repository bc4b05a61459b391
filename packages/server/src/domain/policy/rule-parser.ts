/**
 * The language of policy rules: reads a rule into a tree and prints the tree back.
 *
 * A rule that cannot be read is no error but a check that denies and says what is wrong with it: one mistyped rule must
 * not take the service down, nor open a door. Source: contract 10 §4.1.
 */
import { parseLiteral } from './literal.ts';
import { parseTemplate } from './substitution.ts';

/** A rule as a policy file holds it: a text, or the older list form (items OR-ed, the checks of an inner list AND-ed). */
export type RuleSource = string | readonly (string | readonly string[])[];

export type PolicyCheck =
  | { readonly kind: 'allow' }
  | { readonly kind: 'deny' }
  /** Always denies, even under a `not`. */
  | { readonly kind: 'unreadable'; readonly source: RuleSource; readonly problem: string }
  /** At least two parts; so has `or`. */
  | { readonly kind: 'and'; readonly parts: readonly PolicyCheck[] }
  | { readonly kind: 'or'; readonly parts: readonly PolicyCheck[] }
  | { readonly kind: 'not'; readonly part: PolicyCheck }
  /** The outcome of another rule. */
  | { readonly kind: 'rule'; readonly name: string }
  /** The caller has the role; the name may hold `%(name)s`. */
  | { readonly kind: 'role'; readonly role: string }
  /** A server elsewhere agrees; the URL may hold `%(name)s`. */
  | { readonly kind: 'remote'; readonly url: string }
  /** A literal or a fact about the caller, on the left, equals the right side, which may hold `%(name)s`. */
  | { readonly kind: 'match'; readonly left: string; readonly right: string };

/** Levels of a rule's tree. Far above any real rule, far below what the stack holds. */
export const maxRuleDepth = 100;

/** Never throws: what cannot be read comes back as `unreadable`, as a whole or as one part of the tree. */
export function parseRule(source: RuleSource): PolicyCheck {
  return typeof source === 'string' ? parseText(source) : parseList(source);
}

/** What is wrong with the rule, in reading order. */
export function ruleProblems(check: PolicyCheck): readonly string[] {
  return leavesOf(check).flatMap((leaf) => (leaf.kind === 'unreadable' ? [leaf.problem] : []));
}

/** The checks of the tree that are not made of other checks, in reading order. */
export function leavesOf(check: PolicyCheck): readonly PolicyCheck[] {
  if (check.kind === 'and' || check.kind === 'or') return check.parts.flatMap((part) => leavesOf(part));
  return check.kind === 'not' ? leavesOf(check.part) : [check];
}

/** 1 for a single check. Walks without recursion, because it is what guards the recursions. */
export function ruleDepth(check: PolicyCheck): number {
  let depth = 0;
  let level: readonly PolicyCheck[] = [check];
  while (level.length > 0) {
    depth++;
    level = level.flatMap((each) => partsOf(each));
  }
  return depth;
}

function partsOf(check: PolicyCheck): readonly PolicyCheck[] {
  if (check.kind === 'and' || check.kind === 'or') return check.parts;
  return check.kind === 'not' ? [check.part] : [];
}

// ---- the text form ----

type Token = { readonly kind: '(' | ')' | 'and' | 'or' | 'not' } | { readonly kind: 'check'; readonly text: string };

/** One level of parentheses while it is being read. */
interface Level {
  /** Finished operands of `or`. */
  readonly alternatives: PolicyCheck[];
  /** Operands of the `and` being read. */
  terms: PolicyCheck[];
  /** How many `not` stand before the operand that comes next. */
  negations: number;
  operandDue: boolean;
}

function parseText(source: string): PolicyCheck {
  if (source === '') return { kind: 'allow' };
  const levels: Level[] = [newLevel()];
  for (const token of tokensOf(source)) {
    const problem = take(levels, token);
    if (problem !== null) return { kind: 'unreadable', source, problem };
  }
  const [outermost] = levels;
  if (outermost === undefined || levels.length > 1) return { kind: 'unreadable', source, problem: '`(` is not closed' };
  if (outermost.operandDue) return { kind: 'unreadable', source, problem: 'it ends where a check is expected' };
  const check = finish(outermost);
  if (ruleDepth(check) <= maxRuleDepth) return check;
  return { kind: 'unreadable', source, problem: `it is nested more than ${maxRuleDepth} levels deep` };
}

/**
 * Splits at white space and peels `(` from the front and `)` from the back of each piece, so that the parentheses of
 * `%(name)s` stay where they are.
 */
function* tokensOf(source: string): Generator<Token> {
  for (const piece of source.split(/\s+/)) {
    const opened = piece.replace(/^\(+/, '');
    for (let count = piece.length - opened.length; count > 0; count--) yield { kind: '(' };
    const text = withoutClosing(opened);
    const word = text.toLowerCase();
    if (word === 'and' || word === 'or' || word === 'not') yield { kind: word };
    // A piece in quotes is no check; one that a `)` follows is, so `('a':'b')` is the way to write such a check.
    else if (text !== '') yield { kind: 'check', text: isQuoted(opened) ? '' : text };
    for (let count = opened.length - text.length; count > 0; count--) yield { kind: ')' };
  }
}

/** By hand, because a regular expression for it takes quadratic time on `))))…x`. */
function withoutClosing(text: string): string {
  let end = text.length;
  while (text[end - 1] === ')') end--;
  return text.slice(0, end);
}

function isQuoted(text: string): boolean {
  return text.length >= 2 && (text.startsWith("'") || text.startsWith('"')) && text.endsWith(text.charAt(0));
}

function newLevel(): Level {
  return { alternatives: [], terms: [], negations: 0, operandDue: true };
}

/** Reads one token; says what is wrong when it cannot stand here. */
function take(levels: Level[], token: Token): string | null {
  const level = levels.at(-1);
  if (level === undefined) return 'it cannot be read';
  const startsOperand = token.kind === 'check' || token.kind === '(' || token.kind === 'not';
  if (startsOperand !== level.operandDue) return misplaced(token);
  switch (token.kind) {
    case 'not':
      level.negations++;
      return null;
    case '(':
      levels.push(newLevel());
      return null;
    case 'check':
      if (token.text === '') return 'a text in quotes stands where a check is expected';
      addOperand(level, parseCheck(token.text));
      return null;
    case ')':
      return closeLevel(levels, level);
    case 'and':
      level.operandDue = true;
      return null;
    case 'or':
      level.alternatives.push(combine('and', level.terms));
      level.terms = [];
      level.operandDue = true;
      return null;
  }
}

function misplaced(token: Token): string {
  if (token.kind === 'check' && token.text === '') return 'a text in quotes stands where `and` or `or` is expected';
  if (token.kind === 'check' || token.kind === '(' || token.kind === 'not') {
    return `\`${token.kind === 'check' ? token.text : token.kind}\` stands where \`and\` or \`or\` is expected`;
  }
  return `\`${token.kind}\` stands where a check is expected`;
}

function closeLevel(levels: Level[], level: Level): string | null {
  levels.pop();
  const outer = levels.at(-1);
  if (outer === undefined) return '`)` closes nothing';
  addOperand(outer, finish(level));
  return null;
}

function addOperand(level: Level, operand: PolicyCheck): void {
  let check = operand;
  for (; level.negations > 0; level.negations--) check = { kind: 'not', part: check };
  level.terms.push(check);
  level.operandDue = false;
}

function finish(level: Level): PolicyCheck {
  return combine('or', [...level.alternatives, combine('and', level.terms)]);
}

function combine(kind: 'and' | 'or', parts: readonly PolicyCheck[]): PolicyCheck {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind, parts };
}

// ---- the list form ----

function parseList(source: readonly (string | readonly string[])[]): PolicyCheck {
  if (source.length === 0) return { kind: 'allow' };
  const alternatives = source
    .filter((item) => item.length > 0)
    .map((item) =>
      combine(
        'and',
        (typeof item === 'string' ? [item] : item).map((text) => parseCheck(text)),
      ),
    );
  return alternatives.length === 0 ? { kind: 'deny' } : combine('or', alternatives);
}

// ---- one check ----

function parseCheck(text: string): PolicyCheck {
  if (text === '@') return { kind: 'allow' };
  if (text === '!') return { kind: 'deny' };
  const colon = text.indexOf(':');
  if (colon === -1) return unreadable(text, `\`${text}\` is no check: it lacks a colon`);
  if (colon === 0) return unreadable(text, `\`${text}\` is no check: nothing stands before its colon`);
  const kind = text.slice(0, colon);
  const rest = text.slice(colon + 1);
  if (/^['"]/.test(kind) && parseLiteral(kind) === null) {
    return unreadable(text, `\`${text}\` is no check: the text in quotes before its colon is not closed`);
  }
  if (kind === 'rule') return { kind: 'rule', name: rest };
  if (parseTemplate(rest) === null) {
    return unreadable(
      text,
      `\`${text}\` has a percent sign that starts no \`%(name)s\`; a plain one is written \`%%\``,
    );
  }
  if (kind === 'role') return { kind: 'role', role: rest };
  if (kind === 'http' || kind === 'https') return { kind: 'remote', url: text };
  return { kind: 'match', left: kind, right: rest };
}

function unreadable(source: string, problem: string): PolicyCheck {
  return { kind: 'unreadable', source, problem };
}

// ---- printing ----

/**
 * The rule in its shortest text; parsing it gives the same tree. Checks with white space or with parentheses at an end
 * exist in the list form only, and then the list form is what comes back.
 */
export function formatRule(check: PolicyCheck): RuleSource {
  if (check.kind === 'unreadable') return formatUnreadable(check);
  const needsList = leavesOf(check).some((leaf) => !fitsInText(leafText(leaf)));
  return needsList ? formatList(check) : formatText(check);
}

/** The rule for a person to read, whatever its form. */
export function describeRule(check: PolicyCheck): string {
  return sourceText(formatRule(check));
}

function sourceText(source: RuleSource): string {
  return typeof source === 'string' ? source : JSON.stringify(source);
}

function formatText(check: PolicyCheck): string {
  switch (check.kind) {
    case 'or':
      return check.parts.map((part) => formatOperand(part, part.kind === 'or')).join(' or ');
    case 'and':
      return check.parts.map((part) => formatOperand(part, part.kind === 'or' || part.kind === 'and')).join(' and ');
    case 'not':
      return `not ${formatOperand(check.part, check.part.kind === 'or' || check.part.kind === 'and')}`;
    default:
      return formatOperand(check, false);
  }
}

/** A check that came from the list form may read differently, or quite well, as a text of its own. */
function formatUnreadable(check: PolicyCheck & { readonly kind: 'unreadable' }): RuleSource {
  const again = parseRule(check.source);
  const same = again.kind === 'unreadable' && again.problem === check.problem;
  return same ? check.source : [[sourceText(check.source)]];
}

function formatOperand(check: PolicyCheck, inParentheses: boolean): string {
  if (partsOf(check).length === 0) return isQuoted(leafText(check)) ? `(${leafText(check)})` : leafText(check);
  return inParentheses ? `(${formatText(check)})` : formatText(check);
}

function formatList(check: PolicyCheck): RuleSource {
  const alternatives = check.kind === 'or' ? check.parts : [check];
  return alternatives.map((part) => leavesOf(part).map((leaf) => leafText(leaf)));
}

function leafText(leaf: PolicyCheck): string {
  switch (leaf.kind) {
    case 'allow':
      return '@';
    case 'deny':
      return '!';
    case 'rule':
      return `rule:${leaf.name}`;
    case 'role':
      return `role:${leaf.role}`;
    case 'remote':
      return leaf.url;
    case 'match':
      return `${leaf.left}:${leaf.right}`;
    case 'unreadable':
      return sourceText(leaf.source);
    default:
      return '';
  }
}

function fitsInText(text: string): boolean {
  return text !== '' && !/\s|^\(/.test(text) && !text.endsWith(')') && !/^(?:and|or|not)$/i.test(text);
}
