/**
 * Decides whether a rule allows: turns a rule's tree into a function of the caller and the target.
 *
 * Answers at once unless a remote check is met, because a list asks once for every row.
 * Invariant: what cannot be decided (unreadable checks, rules that refer to themselves) denies. Under a `not` it
 * therefore counts as true, so that the whole still denies. Source: contract 10 §4.1.
 */
import { parseLiteral } from './literal.ts';
import { policyText, toRecord } from './named-values.ts';
import type { PolicyCredentials, PolicyTarget } from './named-values.ts';
import { ruleDepth } from './rule-parser.ts';
import type { PolicyCheck } from './rule-parser.ts';
import { constantText, parseTemplate, substitute } from './substitution.ts';
import type { Template } from './substitution.ts';

export type Verdict = boolean | Promise<boolean>;

/** What a remote check is asked, in the names the policy language has for them. */
export interface RemoteQuestion {
  /** The rule of the call, not the one that the check stands in. */
  readonly rule: string;
  readonly target: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, unknown>>;
}

/** Where a rule is written. */
export interface RuleOrigin {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface CompiledRule {
  readonly name: string;
  /** Null for the rules of the service itself. */
  readonly origin: RuleOrigin | null;
  readonly check: PolicyCheck;
  readonly evaluate: CompiledCheck;
  /** Levels of the tree. */
  readonly depth: number;
}

/** One question, as all checks of a rule see it. */
export interface Evaluation {
  readonly rule: string;
  readonly credentials: PolicyCredentials;
  readonly target: PolicyTarget;
  /** The rule of that name, or the one that stands in for missing rules. */
  readonly findRule: (name: string) => CompiledRule | undefined;
  readonly askRemote: (url: string, question: RemoteQuestion) => Promise<boolean>;
}

/** The rules on the way from the call's rule to the check, innermost first. */
export interface RuleChain {
  readonly rule: CompiledRule;
  readonly outer: RuleChain | null;
  /** Levels of all the trees on the way. */
  readonly depth: number;
}

/** `negated`: an odd number of `not` stands before the check. */
export type CompiledCheck = (evaluation: Evaluation, negated: boolean, chain: RuleChain | null) => Verdict;

/** Levels that the rules referring to each other may have together. */
export const maxEvaluationDepth = 1000;

export function compileRule(name: string, check: PolicyCheck, origin: RuleOrigin | null = null): CompiledRule {
  return { name, origin, check, evaluate: compileCheck(check), depth: ruleDepth(check) };
}

export function evaluateRule(rule: CompiledRule, evaluation: Evaluation): Verdict {
  return enterRule(rule, evaluation, { negated: false, chain: null });
}

/** How a rule is evaluated from within another; denies on a cycle and when the chain gets too deep. */
function enterRule(
  rule: CompiledRule,
  evaluation: Evaluation,
  from: { readonly negated: boolean; readonly chain: RuleChain | null },
): Verdict {
  const chain = extendChain(rule, from.chain);
  return chain === null ? from.negated : rule.evaluate(evaluation, from.negated, chain);
}

/** null when the rule is on the chain already, or the chain would get deeper than the stack is sure to hold. */
export function extendChain(rule: CompiledRule, outer: RuleChain | null): RuleChain | null {
  for (let link = outer; link !== null; link = link.outer) if (link.rule === rule) return null;
  const depth = (outer?.depth ?? 0) + rule.depth;
  return depth > maxEvaluationDepth ? null : { rule, outer, depth };
}

/** The recursion is as deep as the tree, which the parser bounds. */
export function compileCheck(check: PolicyCheck): CompiledCheck {
  switch (check.kind) {
    case 'allow':
      return () => true;
    case 'deny':
      return () => false;
    case 'unreadable':
      return (_evaluation, negated) => negated;
    case 'and':
      return compileParts(check.parts, false);
    case 'or':
      return compileParts(check.parts, true);
    case 'not':
      return compileNot(check.part);
    case 'rule':
      return compileReference(check.name);
    case 'role':
      return compileRole(check.role);
    case 'remote':
      return compileRemote(check.url);
    case 'match':
      return compileMatch(check.left, check.right);
  }
}

/** `or` is decided by the first part that is true, `and` by the first that is false; the parts after it are not asked. */
function compileParts(checks: readonly PolicyCheck[], decisive: boolean): CompiledCheck {
  const parts = checks.map((check) => compileCheck(check));
  return (evaluation, negated, chain) => {
    let asked = 0;
    for (const part of parts) {
      asked++;
      const verdict = part(evaluation, negated, chain);
      if (typeof verdict !== 'boolean') {
        const rest = parts.slice(asked).map((next) => () => next(evaluation, negated, chain));
        return decideLater(verdict, rest, decisive);
      }
      if (verdict === decisive) return decisive;
    }
    return !decisive;
  };
}

async function decideLater(
  first: Promise<boolean>,
  rest: readonly (() => Verdict)[],
  decisive: boolean,
): Promise<boolean> {
  if ((await first) === decisive) return decisive;
  for (const next of rest) if ((await next()) === decisive) return decisive;
  return !decisive;
}

function compileNot(check: PolicyCheck): CompiledCheck {
  const part = compileCheck(check);
  return (evaluation, negated, chain) => {
    const verdict = part(evaluation, !negated, chain);
    return typeof verdict === 'boolean' ? !verdict : verdict.then((allowed) => !allowed);
  };
}

function compileReference(name: string): CompiledCheck {
  return (evaluation, negated, chain) => {
    const rule = evaluation.findRule(name);
    return rule === undefined ? false : enterRule(rule, evaluation, { negated, chain });
  };
}

function compileRole(source: string): CompiledCheck {
  const role = compileText(source);
  return ({ target, credentials }) => {
    const wanted = role(target)?.toLowerCase();
    const roles = credentials.get('roles');
    if (wanted === undefined || !Array.isArray(roles)) return false;
    return roles.some((held) => typeof held === 'string' && held.toLowerCase() === wanted);
  };
}

function compileRemote(source: string): CompiledCheck {
  const urlOf = compileText(source);
  return (evaluation, negated) => {
    const url = urlOf(evaluation.target);
    if (url === null) return negated;
    return evaluation.askRemote(url, {
      rule: evaluation.rule,
      target: toRecord(evaluation.target),
      credentials: toRecord(evaluation.credentials),
    });
  };
}

function compileMatch(left: string, right: string): CompiledCheck {
  const textOf = compileText(right);
  const literal = parseLiteral(left);
  if (literal !== null) return ({ target }) => textOf(target) === literal;
  const [name = '', ...path] = left.split('.');
  return ({ target, credentials }) => {
    const text = textOf(target);
    return text !== null && holds(credentials.get(name), path, text);
  };
}

/** What stands at the path equals the text; of a list on the way, or at its end, any element may. */
function holds(value: unknown, path: readonly string[], text: string): boolean {
  if (value === undefined) return false;
  if (Array.isArray(value)) return value.some((element) => holds(element, path, text));
  const [name, ...rest] = path;
  if (name === undefined) return policyText(value) === text;
  return holds(memberOf(value, name), rest, text);
}

function memberOf(value: unknown, name: string): unknown {
  if (value instanceof Map) return value.get(name);
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}

/** The function gives null when the target lacks a name that the text asks for. */
function compileText(source: string): (target: PolicyTarget) => string | null {
  const template: Template | null = parseTemplate(source);
  if (template === null) return () => null;
  const constant = constantText(template);
  return constant === null ? (target) => substitute(template, target) : () => constant;
}
