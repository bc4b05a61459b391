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
  /** The rule that this part refers to; null for parts that are no reference, and where no rule was found. */
  readonly rule: Pick<CompiledRule, 'name' | 'origin'> | null;
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
  return { text, outcome: 'denies', decisive: true, reason, rule: null, parts: [] };
}

async function explainReference(rule: CompiledRule, evaluation: Evaluation, from: Place): Promise<PolicyExplanation> {
  const text = `rule:${rule.name}`;
  const chain = extendChain(rule, from.chain);
  if (chain === null) {
    const reason = `rule \`${rule.name}\` refers to itself, or is too deep; it cannot allow`;
    return { ...settled(text, from.negated, undecided(reason, from)), rule };
  }
  const part = await explainCheck(rule.check, evaluation, { negated: from.negated, chain });
  return { text, outcome: part.outcome, decisive: true, reason: null, rule, parts: [part] };
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
      return {
        ...explained,
        text: describeRule(check),
        reason: `there is no rule \`${check.name}\`; \`${rule.name}\` decides`,
      };
    }
    default: {
      const allowed = await compileCheck(check)(evaluation, place.negated, place.chain);
      return settled(describeRule(check), allowed, reasonOf(check, evaluation, place));
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
  return { text: describeRule(check), outcome: 'not asked', decisive: false, reason: null, rule: null, parts: [] };
}

function settled(text: string, allowed: boolean, reason: string | null): PolicyExplanation {
  return { text, outcome: allowed ? 'allows' : 'denies', decisive: true, reason, rule: null, parts: [] };
}

/** What cannot be decided must let nobody in, so that behind a `not` it counts as true. */
function undecided(reason: string, { negated }: Place): string {
  return negated ? `${reason}; behind a \`not\` that counts as true, so that it lets nobody in` : reason;
}

function reasonOf(check: PolicyCheck, { credentials, target }: Evaluation, place: Place): string | null {
  switch (check.kind) {
    case 'unreadable':
      return undecided(check.problem, place);
    case 'role':
      return `the caller's roles are ${policyText(credentials.get('roles') ?? [])}`;
    case 'match':
      return describeSides([
        leftSide(check.left, credentials.get(check.left.split('.')[0] ?? '')),
        rightSide(check.right, target),
      ]);
    case 'remote': {
      const url = rightSide(check.url, target);
      return isComplete(check.url, target) || url === null ? url : undecided(url, place);
    }
    default:
      return null;
  }
}

function describeSides(sides: readonly (string | null)[]): string {
  const known = sides.filter((side) => side !== null);
  return known.length === 0 ? 'both sides are fixed texts' : known.join(' and ');
}

/** Null where the rule itself says it all, as in what follows. */
function leftSide(left: string, value: unknown): string | null {
  if (parseLiteral(left) !== null) return null;
  return value === undefined
    ? `nothing named \`${left}\` is known about the caller`
    : `the caller's ${left} is ${policyText(value)}`;
}

function isComplete(text: string, target: PolicyTarget): boolean {
  const template = parseTemplate(text);
  return template !== null && substitute(template, target) !== null;
}

function rightSide(right: string, target: PolicyTarget): string | null {
  const template = parseTemplate(right);
  if (template === null) return `\`${right}\` cannot be filled in`;
  const missing = template.names.find((name) => target.get(name) === undefined);
  if (missing !== undefined) return `the target has no \`${missing}\``;
  if (template.names.length === 0) return null;
  const [name] = template.names;
  if (right === `%(${name})s`) return `the target's ${name} is ${substitute(template, target)}`;
  return `\`${right}\` is ${substitute(template, target)}`;
}
