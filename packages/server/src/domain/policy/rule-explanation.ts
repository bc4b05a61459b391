/**
 * Why a rule allows or denies: the tree of the rule with the outcome of each part, for people who write policies.
 */
import { policyText } from './named-values.ts';
import type { PolicyTarget } from './named-values.ts';
import { compileCheck, extendChain } from './rule-evaluation.ts';
import type { CompiledRule, Evaluation, RuleChain } from './rule-evaluation.ts';
import { parseLiteral } from './literal.ts';
import { describeRule } from './rule-parser.ts';
import type { PolicyCheck } from './rule-parser.ts';
import { parseTemplate, substitute } from './substitution.ts';

export interface PolicyExplanation {
  /** The part as it is written in a policy file. */
  readonly text: string;
  /** `not asked`: what stands before it settled the matter. */
  readonly outcome: 'allows' | 'denies' | 'not asked';
  /** This part is among those that settled the outcome of what it is a part of. */
  readonly decisive: boolean;
  /** What was compared, or why nothing could be; null where the parts say it all. */
  readonly reason: string | null;
  readonly parts: readonly PolicyExplanation[];
}

interface Place {
  readonly negated: boolean;
  readonly chain: RuleChain | null;
}

/** Explains as evaluation decides: in the same order, and without asking what evaluation does not ask. */
export async function explainRule(rule: CompiledRule, evaluation: Evaluation): Promise<PolicyExplanation> {
  return explainReference(rule, evaluation, { negated: false, chain: null });
}

/** A denial that no rule had a part in: the token's scope, or no such rule. */
export function plainDenial(text: string, reason: string): PolicyExplanation {
  return { text, outcome: 'denies', decisive: true, reason, parts: [] };
}

async function explainReference(rule: CompiledRule, evaluation: Evaluation, from: Place): Promise<PolicyExplanation> {
  const text = `rule:${rule.name}`;
  const chain = extendChain(rule, from.chain);
  if (chain === null) {
    return settled(text, from.negated, `rule \`${rule.name}\` refers to itself, or is too deep; it cannot allow`);
  }
  const part = await explainCheck(rule.check, evaluation, { negated: from.negated, chain });
  return { text, outcome: part.outcome, decisive: true, reason: null, parts: [part] };
}

async function explainCheck(check: PolicyCheck, evaluation: Evaluation, place: Place): Promise<PolicyExplanation> {
  switch (check.kind) {
    case 'and':
    case 'or':
      return explainParts(check, evaluation, place);
    case 'not': {
      const part = await explainCheck(check.part, evaluation, { ...place, negated: !place.negated });
      return { ...settled(describeRule(check), part.outcome === 'denies', null), parts: [part] };
    }
    case 'rule': {
      const rule = evaluation.findRule(check.name);
      if (rule === undefined) return settled(describeRule(check), false, `there is no rule \`${check.name}\``);
      const explained = await explainReference(rule, evaluation, place);
      if (rule.name === check.name) return explained;
      return { ...explained, text: describeRule(check), reason: `there is no such rule; \`${rule.name}\` decides` };
    }
    default: {
      const allowed = await compileCheck(check)(evaluation, place.negated, place.chain);
      return settled(describeRule(check), allowed, reasonOf(check, evaluation));
    }
  }
}

async function explainParts(
  check: PolicyCheck & { readonly kind: 'and' | 'or' },
  evaluation: Evaluation,
  place: Place,
): Promise<PolicyExplanation> {
  const deciding = check.kind === 'or' ? 'allows' : 'denies';
  const parts: PolicyExplanation[] = [];
  let decided = false;
  for (const part of check.parts) {
    const explained: PolicyExplanation = decided ? notAsked(part) : await explainCheck(part, evaluation, place);
    decided ||= explained.outcome === deciding;
    parts.push(explained);
  }
  return {
    ...settled(describeRule(check), decided === (check.kind === 'or'), null),
    // When no part decides alone, all of them do together.
    parts: parts.map((part) => ({ ...part, decisive: !decided || part.outcome === deciding })),
  };
}

function notAsked(check: PolicyCheck): PolicyExplanation {
  return { text: describeRule(check), outcome: 'not asked', decisive: false, reason: null, parts: [] };
}

function settled(text: string, allowed: boolean, reason: string | null): PolicyExplanation {
  return { text, outcome: allowed ? 'allows' : 'denies', decisive: true, reason, parts: [] };
}

function reasonOf(check: PolicyCheck, { credentials, target }: Evaluation): string | null {
  switch (check.kind) {
    case 'unreadable':
      return check.problem;
    case 'role':
      return `the caller's roles are ${policyText(credentials.get('roles') ?? [])}`;
    case 'match':
      return `${leftSide(check.left, credentials.get(check.left.split('.')[0] ?? ''))}, ${rightSide(check.right, target)}`;
    case 'remote':
      return rightSide(check.url, target);
    default:
      return null;
  }
}

function leftSide(left: string, value: unknown): string {
  if (parseLiteral(left) !== null) return `the left side is ${left}`;
  return value === undefined
    ? `nothing named \`${left}\` is known about the caller`
    : `the caller's ${left} is ${policyText(value)}`;
}

function rightSide(right: string, target: PolicyTarget): string {
  const template = parseTemplate(right);
  if (template === null) return `\`${right}\` cannot be filled in`;
  const missing = template.names.find((name) => target.get(name) === undefined);
  if (missing !== undefined) return `the target has no \`${missing}\``;
  return `the right side is ${substitute(template, target)}`;
}
