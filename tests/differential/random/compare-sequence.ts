/** Plays one generated sequence on both services and tells the first difference that nothing explains. */
import type { Difference } from '../comparison.ts';
import { compareScenario } from '../differential-run.ts';
import type { ComparedRequest } from '../differential-run.ts';
import { knownDifferences } from '../known-differences.ts';
import type { Scenario, Step } from '../scenario.ts';
import type { ServicePair } from '../service-pair.ts';
import { unexplainedDifferences } from '../verdict.ts';
import { explanations, silentPartings } from './explanations.ts';

/**
 * Null when there is none. A known difference that leaves the two services in different states ends the comparison, and
 * so does a silent parting: what comes after says nothing.
 */
export async function unexplainedDifference(services: ServicePair, sequence: Scenario): Promise<string | null> {
  const compared = await compareScenario(services, sequence);
  for (const [index, step] of sequence.steps.entries()) {
    const request = compared[index];
    if (request === undefined) break;
    const unknown = unexplainedDifferences(request, knownDifferences);
    const unexplained = unknown.find((difference) => !isExplained(step, difference, request));
    if (unexplained !== undefined) return describe(sequence, index, request, unexplained);
    if (request.differences.some((difference) => partsStates(step, difference, request))) break;
    const earlier = sequence.steps.slice(0, index);
    if (silentPartings.some((parting) => parting.parts(step, request, earlier))) break;
  }
  return null;
}

function isExplained(step: Step, difference: Difference, request: ComparedRequest): boolean {
  return explanations.some((explanation) => explanation.explains(step, difference, request));
}

function partsStates(step: Step, difference: Difference, request: ComparedRequest): boolean {
  if (difference.at === 'status') return true;
  return explanations.some(
    (explanation) => explanation.parts === true && explanation.explains(step, difference, request),
  );
}

function describe(sequence: Scenario, index: number, request: ComparedRequest, difference: Difference): string {
  const { glance, lucarne } = request;
  return [
    ...sequence.steps.slice(0, index + 1).map(requestLine),
    `differs at ${difference.at}: Glance ${shown(difference.glance)}, Lucarne ${shown(difference.lucarne)}`,
    `Glance:  ${glance.status} ${shown(glance.body)}`,
    `Lucarne: ${lucarne.status} ${shown(lucarne.body)}`,
  ].join('\n');
}

function requestLine(step: Step): string {
  const headers = step.headers === undefined ? '' : ` ${JSON.stringify(step.headers)}`;
  const body = step.json ?? step.body;
  return `  ${step.as}: ${step.send}${headers}${body === undefined ? '' : ` ${shown(body)}`}`;
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 1_200 ? `${text.slice(0, 1_200)}…` : text;
}
