/**
 * What decided about a call, in plain words: one sentence for an answer, and the whole tree for the command line.
 */
import type { RuleOrigin } from './rule-evaluation.ts';
import type { PolicyExplanation } from './rule-explanation.ts';

type Rule = PolicyExplanation['rule'];

/** Where a rule is written, or that it is the service's own. */
function originText(origin: RuleOrigin | null): string {
  return origin === null ? 'the default' : `${origin.file}, line ${origin.line}`;
}

/**
 * Names the rule, where it is written, and each check that settled the matter, with what it compared. A check whose
 * outcome is not that of the rule was turned round by a `not`, which is said.
 */
export function decidingSentence(explanation: PolicyExplanation): string {
  const { rule, text, outcome, reason } = explanation;
  const name = rule === null ? `\`${text}\`` : `Rule \`${rule.name}\` (${originText(rule.origin)})`;
  const checks = explanation.parts.flatMap((part) => decidingChecks(part, explanation, rule));
  const reasons = [...(reason === null ? [] : [reason]), ...checks];
  return withoutPasswords(`${name} ${outcome}: ${reasons.join('; ')}.`);
}

/** Who asks a web service may have to say who it is. */
function withoutPasswords(text: string): string {
  return text.replaceAll(/(https?:\/\/)[^/?#\s`]*@/g, '$1…@');
}

/** `asked` explains the rule of the call, `within` is the one the part stands in. */
function decidingChecks(part: PolicyExplanation, asked: PolicyExplanation, within: Rule): readonly string[] {
  if (!part.decisive) return [];
  if (part.parts.length > 0) return part.parts.flatMap((each) => decidingChecks(each, asked, part.rule ?? within));
  const place =
    within === null || within.name === asked.rule?.name
      ? ''
      : ` in rule \`${within.name}\` (${originText(within.origin)})`;
  const turned = part.outcome === asked.outcome ? '' : ' behind a `not`';
  return [`\`${part.text}\`${place} ${part.outcome}${turned}${part.reason === null ? '' : `, as ${part.reason}`}`];
}

/** One line a part, indented below what it is a part of; `*` marks what decided. */
export function explanationLines(explanation: PolicyExplanation): readonly string[] {
  return linesOf(explanation, '', true);
}

function linesOf(part: PolicyExplanation, indent: string, decided: boolean): readonly string[] {
  const isDecisive = decided && part.decisive;
  const origin = part.rule === null ? '' : ` (${originText(part.rule.origin)})`;
  const reason = part.reason === null ? '' : `; ${part.reason}`;
  const line = `${isDecisive ? '*' : ' '} ${indent}${part.text}${origin}: ${part.outcome}${reason}`;
  return [line, ...part.parts.flatMap((each) => linesOf(each, `${indent}  `, isDecisive))];
}
