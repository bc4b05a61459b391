/**
 * The language of the differential tables: a scenario is a list of requests sent in order, from an empty project.
 *
 * Strings may hold `{name}` placeholders: `{p1}` … `{p9}` are project ids and `{uuid1}` … `{uuid9}` image ids that
 * no other scenario uses, `{web}` is the URL of the web server both services may fetch from; the rest are names saved from
 * earlier answers of the same service.
 */
import type { Caller } from './callers.ts';
import { plainSetup } from './setups.ts';
import type { SetupName } from './setups.ts';

/** What is sent as a body: text or bytes with a Content-Length, or the same in one chunk without it. */
export type RequestBody = string | Uint8Array | { readonly chunked: string };

export interface Step {
  /** Says which request this is, in words; unique inside its scenario. */
  readonly what: string;
  readonly as: Caller;
  /** Method and path with query, exactly as they go over the wire. */
  readonly send: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: RequestBody;
  /** Placeholder name → member of the JSON answer, or JSON pointer into it. */
  readonly save?: Readonly<Record<string, string>>;
  /**
   * The request is repeated until every place named here (a member of the JSON answer, or a JSON pointer into it) has one of
   * its values; null stands for absent. Only the last answer counts, also when the time is over before.
   */
  readonly until?: Readonly<Record<string, readonly unknown[]>>;
}

export interface Scenario {
  readonly name: string;
  /** The configuration it is written for; the plain one when it says nothing. */
  readonly setup?: SetupName;
  readonly steps: readonly Step[];
}

const placeholder = /\{([a-z][A-Za-z0-9]*)\}/g;

/** Every placeholder gets its value; one that has none stays as it is. */
export function fillPlaceholders(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(placeholder, (whole, name: string) => values.get(name) ?? whole);
}

/** The placeholders a scenario uses without having saved them first: mistakes in the table. */
export function undefinedPlaceholders(scenario: Scenario, given: Iterable<string>): string[] {
  const known = new Set(given);
  const missing: string[] = [];
  for (const step of scenario.steps) {
    const texts = [step.send, ...Object.values(step.headers ?? {}), bodyText(step)];
    for (const [, name = ''] of texts.join('\n').matchAll(placeholder)) {
      if (!known.has(name)) missing.push(`${scenario.name}: ${step.what}: {${name}}`);
    }
    for (const name of Object.keys(step.save ?? {})) known.add(name);
  }
  return missing;
}

/** The given placeholders that a scenario saves something else under: mistakes in the table. */
export function overwrittenPlaceholders(scenario: Scenario, given: readonly string[]): string[] {
  return scenario.steps.flatMap((step) =>
    Object.keys(step.save ?? {})
      .filter((name) => given.includes(name))
      .map((name) => `${scenario.name}: ${step.what}: {${name}}`),
  );
}

/** The text of a step's body, empty if it is binary or absent. */
export function bodyText(step: Step): string {
  if (step.json !== undefined) return JSON.stringify(step.json);
  if (step.body === undefined || step.body instanceof Uint8Array) return '';
  return typeof step.body === 'string' ? step.body : step.body.chunked;
}

/** The scenarios written for one configuration. */
export function scenariosOf(setup: SetupName, scenarios: readonly Scenario[]): Scenario[] {
  return scenarios.filter((scenario) => (scenario.setup ?? plainSetup) === setup);
}

/** What an answer holds at a place: a member of its JSON document, or a JSON pointer into it. Null when there is nothing. */
export function valueAt(body: Buffer, place: string): unknown {
  const names = place.startsWith('/') ? place.slice(1).split('/') : [place];
  try {
    return names.reduce<unknown>(member, JSON.parse(body.toString())) ?? null;
  } catch {
    return null;
  }
}

function member(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' ? Reflect.get(value, name) : null;
}

/** A request's name in reports and in the table of known differences. */
export function requestName(scenario: Scenario, step: Step): string {
  return `${scenario.name}: ${step.what}`;
}
