/**
 * Runs the differential table by hand and prints what differs:
 *
 *     node tests/differential/compare-services.ts [--against-itself] [--answers] [scenario prefix …]
 *
 * `--against-itself` compares two Glances, which must not differ at all; `--answers` also prints what Glance answers.
 */
import { parseArgs } from 'node:util';

import { compareScenario } from './differential-run.ts';
import type { ComparedRequest } from './differential-run.ts';
import { knownDifferences } from './known-differences.ts';
import { allScenarios } from './requests/all-scenarios.ts';
import { scenariosOf } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { startServicePair } from './service-pair.ts';
import { setupNames } from './setups.ts';
import type { SetupName } from './setups.ts';
import { outdated, unexplained } from './verdict.ts';

const { values: flags, positionals: prefixes } = parseArgs({
  allowPositionals: true,
  options: { 'against-itself': { type: 'boolean' }, answers: { type: 'boolean' } },
});

const opponent = flags['against-itself'] ? 'another glance' : 'lucarne';
const known = flags['against-itself'] ? { ofRequests: [], ofHeaders: [] } : knownDifferences;
const wanted = allScenarios.filter(
  ({ name }) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix)),
);
const complaints: string[] = [];
let requests = 0;

for (const setup of setupNames) {
  const scenarios = scenariosOf(setup, wanted);
  if (scenarios.length === 0) continue;
  await compareUnder(setup, scenarios).catch((error: Error) => complaints.push(`${setup}: ${describeFailure(error)}`));
}
for (const complaint of complaints) console.log(complaint);
console.log(`${requests} requests, ${complaints.length} unexpected`);
process.exitCode = complaints.length === 0 ? 0 : 1;

async function compareUnder(setup: SetupName, scenarios: readonly Scenario[]): Promise<void> {
  const services = await startServicePair(setup, opponent);
  try {
    for (const scenario of scenarios) {
      const compared = await compareScenario(services, scenario);
      requests += compared.length;
      if (flags.answers) for (const request of compared) console.log(summary(request));
      complaints.push(...compared.flatMap((request) => unexplained(request, known)), ...outdated(compared, known));
    }
  } finally {
    await services.stop();
  }
}

/** A setup that cannot be started must not hide what the others have to say. */
function describeFailure(error: Error): string {
  const causes: unknown[] = error instanceof AggregateError ? error.errors : [];
  return [error, ...causes].map(String).join('\n');
}

function summary(request: ComparedRequest): string {
  const { status, headers, body } = request.glance;
  const allow = headers['allow'] === undefined ? '' : ` allow=${headers['allow']}`;
  return `${status}${allow} ${request.name} ${JSON.stringify(body)?.slice(0, 1500) ?? ''}`;
}
