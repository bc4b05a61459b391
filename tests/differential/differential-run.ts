/**
 * One differential run: plays scenarios against two services side by side and judges every pair of answers.
 *
 * Each scenario gets projects and image ids no other has, the same on both services, and both are emptied after it.
 */
import { randomUUID } from 'node:crypto';

import { comparable, differences, IdNames } from './comparison.ts';
import type { ComparableAnswer, Difference } from './comparison.ts';
import { emptyService, playScenario } from './play.ts';
import type { Answer } from './play.ts';
import { requestName } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import type { ServicePair } from './service-pair.ts';

export interface ComparedRequest {
  readonly name: string;
  /** Method and path, with placeholders. */
  readonly send: string;
  readonly glance: ComparableAnswer;
  readonly lucarne: ComparableAnswer;
  readonly differences: readonly Difference[];
}

/** Names of the placeholders every scenario is given. */
export const givenPlaceholders: readonly string[] = [
  ...Array.from({ length: 9 }, (_, index) => `p${index + 1}`),
  ...Array.from({ length: 9 }, (_, index) => `uuid${index + 1}`),
  'hex',
  'web',
];

/** Plays one scenario on both services at once; leaves both without images. */
export async function compareScenario(services: ServicePair, scenario: Scenario): Promise<ComparedRequest[]> {
  const given = givenValues(services.web);
  const [glance, lucarne] = await Promise.all([
    playScenario(services.glance, scenario, given),
    playScenario(services.lucarne, scenario, given),
  ]);
  await Promise.all([emptyService(services.glance, services.setup), emptyService(services.lucarne, services.setup)]);

  const glanceIds = new IdNames();
  const lucarneIds = new IdNames();
  return scenario.steps.map((step, index) => {
    glanceIds.enter(step.what);
    lucarneIds.enter(step.what);
    const fromGlance = comparable(step.send, answerAt(glance, index), glanceIds);
    const fromLucarne = comparable(step.send, answerAt(lucarne, index), lucarneIds);
    return {
      name: requestName(scenario, step),
      send: step.send,
      glance: fromGlance,
      lucarne: fromLucarne,
      differences: differences(fromGlance, fromLucarne),
    };
  });
}

function answerAt(played: readonly Answer[], index: number): Answer {
  const one = played[index];
  if (one === undefined) throw new Error(`request ${index} was not played`);
  return one;
}

function givenValues(web: string): ReadonlyMap<string, string> {
  const run = randomUUID().slice(0, 8);
  return new Map(
    givenPlaceholders.map((name) => {
      if (name === 'web') return [name, web];
      if (name === 'hex') return [name, run.slice(0, 2)];
      return [name, name.startsWith('uuid') ? randomUUID() : `project-${name}-${run}`];
    }),
  );
}
