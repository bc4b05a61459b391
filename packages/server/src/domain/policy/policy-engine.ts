/**
 * Answers whether a caller may do something: the default rules, what the operator overrides, and the scope of the
 * token. Source: contract 10 §4, §5.
 */
import type { RequestContext } from '../request-context.ts';
import { candidateCredentials, policyCredentials } from './credentials.ts';
import type { AdminCandidate } from './credentials.ts';
import { defaultRules } from './default-rules.ts';
import type { DefaultRule, PolicyOperation } from './default-rules.ts';
import type { PolicyTarget } from './named-values.ts';
import { compileRule, evaluateRule } from './rule-evaluation.ts';
import type { CompiledRule, Evaluation, RemoteQuestion, RuleOrigin, Verdict } from './rule-evaluation.ts';
import { explainRule, plainDenial } from './rule-explanation.ts';
import type { PolicyExplanation } from './rule-explanation.ts';
import { describeRule, parseRule, ruleProblems } from './rule-parser.ts';
import type { PolicyCheck, RuleSource } from './rule-parser.ts';
import { findCircles, findTooDeep, missingReferences, unknownFacts } from './rule-references.ts';

export interface PolicyEngineOptions {
  /** What the operator's files say, by rule name; names the service does not know can be referred to. */
  readonly overrides: ReadonlyMap<string, RuleSource>;
  /** Where each of them is written, as far as that is known. */
  readonly origins?: ReadonlyMap<string, RuleOrigin>;
  /** False: the former defaults allow too, for the rules that are not overridden. */
  readonly enforceNewDefaults: boolean;
  /** Name of the rule that stands in for missing ones. */
  readonly defaultRule: string;
  /** Administrators whom a rule refuses are told which part of it did, and why. */
  readonly explainsDenials: boolean;
  readonly askRemote: (url: string, question: RemoteQuestion) => Promise<boolean>;
}

export interface PolicyEngine {
  /** Throws and rejects only when a remote check does. Asking for a rule that does not exist asks the default rule. */
  allows(context: RequestContext, rule: string, target: PolicyTarget): Verdict;
  /**
   * Whether the caller is an administrator, whatever the scope of its token. `names`: the caller's `user_name`,
   * `project_name`, `user_domain_name`, `project_domain_name` and `domain_name`, as far as they are known.
   */
  isAdmin(candidate: AdminCandidate, names?: Readonly<Record<string, string>>): Verdict;
  /** Does what `allows` does, remote checks included, and tells why. */
  explain(context: RequestContext, rule: string, target: PolicyTarget): Promise<PolicyExplanation>;
  /** The rules in force, those of the service first and in the order of its table, then the operator's own. */
  rules(): readonly PolicyRule[];
  /** False: ownership is hard-coded behind the rules, as it was when they did not know it. */
  readonly enforcesNewDefaults: boolean;
  readonly explainsDenials: boolean;
  /** What looks wrong in the operator's rules, each a sentence that names the rule. */
  readonly problems: readonly string[];
}

/** A rule in force. */
export interface PolicyRule {
  readonly name: string;
  /** As a policy file would have it, in the shortest form. */
  readonly text: string;
  readonly overridden: boolean;
  /** Null for the rules of the service, and where it is not known. */
  readonly origin: RuleOrigin | null;
  /** The rest is null, empty and empty for rules that only the operator's files know. */
  readonly description: string | null;
  readonly operations: readonly PolicyOperation[];
  readonly scopeTypes: readonly 'project'[];
}

export function createPolicyEngine(options: PolicyEngineOptions): PolicyEngine {
  const compiled = compileRules(options);
  const scoped = new Set(defaultRules.filter((rule) => rule.scopeTypes.length > 0).map((rule) => rule.name));

  function findRule(name: string): CompiledRule | undefined {
    return compiled.get(name) ?? compiled.get(options.defaultRule);
  }

  function evaluationOf(context: RequestContext, rule: string, target: PolicyTarget): Evaluation {
    return { rule, credentials: policyCredentials(context), target, findRule, askRemote: options.askRemote };
  }

  return {
    allows(context, name, target) {
      if (scoped.has(name) && !isProjectScoped(context)) return false;
      const rule = findRule(name);
      return rule === undefined ? false : evaluateRule(rule, evaluationOf(context, name, target));
    },
    isAdmin(candidate, names = {}) {
      const rule = findRule('context_is_admin');
      if (rule === undefined) return false;
      const credentials = candidateCredentials(candidate, names);
      const { askRemote } = options;
      return evaluateRule(rule, { rule: rule.name, credentials, target: credentials, findRule, askRemote });
    },
    async explain(context, name, target) {
      if (scoped.has(name) && !isProjectScoped(context))
        return { ...wrongScope(context, name), rule: findRule(name) ?? null };
      const rule = findRule(name);
      if (rule === undefined) return plainDenial(`rule:${name}`, 'there is no such rule, and no default rule');
      const explained = await explainRule(rule, evaluationOf(context, name, target));
      if (rule.name === name) return explained;
      return { ...explained, text: `rule:${name}`, reason: `there is no rule \`${name}\`; \`${rule.name}\` decides` };
    },
    rules: () => listRules(compiled, options.overrides),
    enforcesNewDefaults: options.enforceNewDefaults,
    explainsDenials: options.explainsDenials,
    problems: findProblems(compiled, findRule, options.overrides),
  };
}

/** Tokens of no scope count as project-scoped: they have neither roles nor a project, and so get nowhere anyhow. */
function isProjectScoped(context: RequestContext): boolean {
  return isAbsent(context.systemScope) && isAbsent(context.domainId);
}

function isAbsent(scope: string | null): boolean {
  return scope === null || scope === '';
}

function wrongScope(context: RequestContext, name: string): PolicyExplanation {
  const scope = isAbsent(context.systemScope) ? 'domain' : 'system';
  return plainDenial(`rule:${name}`, `the token is scoped to a ${scope}, and only project-scoped tokens are let in`);
}

function compileRules(options: PolicyEngineOptions): ReadonlyMap<string, CompiledRule> {
  const compiled = new Map<string, CompiledRule>();
  for (const rule of defaultRules) {
    compiled.set(rule.name, compileRule(rule.name, defaultCheck(rule, options.enforceNewDefaults)));
  }
  for (const [name, source] of options.overrides) {
    compiled.set(name, compileRule(name, parseRule(source), options.origins?.get(name) ?? null));
  }
  return compiled;
}

function defaultCheck(rule: DefaultRule, enforceNewDefaults: boolean): PolicyCheck {
  const check = parseRule(rule.check);
  if (enforceNewDefaults || rule.formerCheck === null) return check;
  return { kind: 'or', parts: [check, parseRule(rule.formerCheck)] };
}

function listRules(
  compiled: ReadonlyMap<string, CompiledRule>,
  overrides: ReadonlyMap<string, RuleSource>,
): readonly PolicyRule[] {
  const defaults = new Map(defaultRules.map((rule) => [rule.name, rule]));
  return Array.from(compiled.values(), ({ name, check, origin }) => {
    const known = defaults.get(name);
    return {
      name,
      text: describeRule(check),
      overridden: overrides.has(name),
      origin,
      description: known?.description ?? null,
      operations: known?.operations ?? [],
      scopeTypes: known?.scopeTypes ?? [],
    };
  });
}

function placeOf({ origin }: CompiledRule): string {
  return origin === null ? '' : `${origin.file}:${origin.line}: `;
}

function findProblems(
  compiled: ReadonlyMap<string, CompiledRule>,
  findRule: (name: string) => CompiledRule | undefined,
  overrides: ReadonlyMap<string, RuleSource>,
): readonly string[] {
  const overridden = [...compiled.values()].filter((rule) => overrides.has(rule.name));
  const inOneRule = overridden.flatMap((rule) =>
    [...ruleProblems(rule.check), ...missingReferences(rule, findRule), ...unknownFacts(rule)].map(
      (problem) => `${placeOf(rule)}Rule \`${rule.name}\`: ${problem}.`,
    ),
  );
  const circles = findCircles(compiled.values(), findRule).map(
    (names) => `Rules refer to each other in a circle, whose last step never allows: ${names.join(' → ')}.`,
  );
  const tooDeep = findTooDeep(compiled.values(), findRule).map(
    (name) => `Rule \`${name}\`: it refers to rules that refer to rules too many levels deep to be followed.`,
  );
  return [...inOneRule, ...circles, ...tooDeep];
}
