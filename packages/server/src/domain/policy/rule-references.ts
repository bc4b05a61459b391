/**
 * What can be seen to be wrong with a set of rules without asking them: references to rules that do not exist,
 * references in a circle or in too long a chain, and facts that no caller ever has.
 */
import { isKnownFact } from './credentials.ts';
import { parseLiteral } from './literal.ts';
import type { CompiledRule } from './rule-evaluation.ts';
import { maxEvaluationDepth } from './rule-evaluation.ts';
import { leavesOf } from './rule-parser.ts';

/** References are followed through the rule that stands in for missing ones, as evaluation does. */
export type FindRule = (name: string) => CompiledRule | undefined;

function referencesOf(rule: CompiledRule): readonly string[] {
  return [...new Set(leavesOf(rule.check).flatMap((leaf) => (leaf.kind === 'rule' ? [leaf.name] : [])))];
}

/** In the terms of one rule, each a full sentence without its period. */
export function missingReferences(rule: CompiledRule, findRule: FindRule): readonly string[] {
  return referencesOf(rule).flatMap((name) => {
    const found = findRule(name);
    if (found?.name === name) return [];
    const instead = found === undefined ? 'which never allows' : `so rule \`${found.name}\` decides instead`;
    return [`it refers to rule \`${name}\`, which does not exist, ${instead}`];
  });
}

/** Checks on facts that callers never have, such as `is_admin` or `tenant`, which therefore never match. */
export function unknownFacts(rule: CompiledRule): readonly string[] {
  const scope = rule.name === 'context_is_admin' ? 'candidate' : 'call';
  return leavesOf(rule.check).flatMap((leaf) => {
    if (leaf.kind !== 'match' || parseLiteral(leaf.left) !== null) return [];
    const [name = ''] = leaf.left.split('.');
    return isKnownFact(name, scope) ? [] : [`nothing named \`${name}\` is known about a caller, so it never matches`];
  });
}

/** The rule names of each circle found, the first repeated at the end. Every circle has at least one of its rules here. */
export function findCircles(rules: Iterable<CompiledRule>, findRule: FindRule): readonly (readonly string[])[] {
  const circles: (readonly string[])[] = [];
  walk(rules, findRule, {
    onCircle: (path) => circles.push(path),
    onDone: () => undefined,
  });
  return circles;
}

/** Rules whose references add up to more levels than evaluation follows; those always deny at their far end. */
export function findTooDeep(rules: Iterable<CompiledRule>, findRule: FindRule): readonly string[] {
  const depths = new Map<CompiledRule, number>();
  const tooDeep: string[] = [];
  walk(rules, findRule, {
    onCircle: () => undefined,
    onDone(rule, references) {
      const depth = rule.depth + Math.max(0, ...references.map((each) => depths.get(each) ?? 0));
      depths.set(rule, depth);
      if (depth > maxEvaluationDepth) tooDeep.push(rule.name);
    },
  });
  return tooDeep;
}

interface Visitor {
  readonly onCircle: (path: readonly string[]) => void;
  /** After everything the rule refers to was done. */
  readonly onDone: (rule: CompiledRule, references: readonly CompiledRule[]) => void;
}

interface Step {
  readonly rule: CompiledRule;
  readonly references: readonly CompiledRule[];
  next: number;
}

/** Depth first with a stack of its own: a chain of rules may be longer than the call stack. */
function walk(rules: Iterable<CompiledRule>, findRule: FindRule, visitor: Visitor): void {
  const seen = new Set<CompiledRule>();
  const onPath = new Set<CompiledRule>();
  const path: Step[] = [];
  function enter(rule: CompiledRule): void {
    seen.add(rule);
    onPath.add(rule);
    path.push({ rule, references: resolve(rule, findRule), next: 0 });
  }
  for (const root of rules) {
    if (!seen.has(root)) enter(root);
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const reference = step.references[step.next++];
      if (reference === undefined) {
        visitor.onDone(step.rule, step.references);
        onPath.delete(step.rule);
        path.pop();
      } else if (onPath.has(reference)) {
        visitor.onCircle(circleOf(path, reference));
      } else if (!seen.has(reference)) {
        enter(reference);
      }
    }
  }
}

function resolve(rule: CompiledRule, findRule: FindRule): readonly CompiledRule[] {
  const found = referencesOf(rule).map((name) => findRule(name));
  return [...new Set(found.filter((each) => each !== undefined))];
}

function circleOf(path: readonly Step[], start: CompiledRule): readonly string[] {
  const names = path.map((step) => step.rule.name);
  return [...names.slice(names.lastIndexOf(start.name)), start.name];
}
