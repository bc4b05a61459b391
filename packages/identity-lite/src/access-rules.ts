/**
 * What an application credential with access rules may call. Source: contract 10 §2 item 6.
 */
export interface AccessRule {
  readonly id: string;
  readonly service: string;
  readonly method: string;
  readonly path: string;
}

export interface AccessRequest {
  /** Service type, `image` or `identity`. */
  readonly service: string;
  readonly method: string;
  /** Path below the service's endpoint, without query. */
  readonly path: string;
}

/** What users ask for takes a few hundred; these are over in some milliseconds. */
const mostSteps = 100_000;

/** Rules that would take too long to compare, all of them together, allow nothing. */
export function accessRulesAllow(rules: readonly AccessRule[], request: AccessRequest): boolean {
  const budget = { steps: mostSteps };
  return rules.some(
    (rule) =>
      rule.service === request.service &&
      rule.method === request.method &&
      beginsAlike(rule.path, request.path) &&
      pathMatches(rule.path, request.path, budget),
  );
}

/** Whether they agree up to the first wildcard: few rules need more than this look. */
function beginsAlike(pattern: string, path: string): boolean {
  const wildcard = pattern.search(/[*{]/);
  return path.startsWith(wildcard === -1 ? pattern : pattern.slice(0, wildcard));
}

interface Step {
  readonly kind: 'literal' | 'segment' | 'anything';
  readonly text: string;
}

/**
 * `*` and `{name}` stand for one path segment, `**` for anything. Follows all ways to match at once instead of using a
 * regular expression, because the pattern is a user's and must not be able to cost more than length × length; and there
 * may be thousands of them, so that all share a budget.
 */
function pathMatches(pattern: string, path: string, budget: { steps: number }): boolean {
  budget.steps -= pattern.length;
  if (budget.steps < 0) return false;
  const steps = parsePattern(pattern);
  let reached = closure(new Set([0]), steps);
  for (const character of path) {
    budget.steps -= reached.size;
    if (budget.steps < 0) return false;
    const next = new Set<number>();
    for (const at of reached) for (const to of advance(at, steps[at], character)) next.add(to);
    reached = closure(next, steps);
    if (reached.size === 0) return false;
  }
  return reached.has(steps.length);
}

function parsePattern(pattern: string): Step[] {
  return Array.from(pattern.matchAll(/\*\*|\*|\{[^{}/]*\}|[^]/gu), ([text]): Step => {
    if (text === '**') return { kind: 'anything', text };
    if (text === '*' || (text.length > 1 && text.startsWith('{'))) return { kind: 'segment', text };
    return { kind: 'literal', text };
  });
}

function advance(at: number, step: Step | undefined, character: string): number[] {
  if (step === undefined) return [];
  if (step.kind === 'anything') return [at];
  if (step.kind === 'segment') return character === '/' ? [] : [at, at + 1];
  return step.text === character ? [at + 1] : [];
}

function closure(reached: Set<number>, steps: readonly Step[]): Set<number> {
  // `**` may stand for nothing; positions are visited while they are added.
  for (const at of reached) if (steps[at]?.kind === 'anything') reached.add(at + 1);
  return reached;
}
