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
import { startGlanceOracle } from './support/glance-oracle.ts';
import { startLucarneUnderTest } from './support/lucarne-under-test.ts';
import { outdated, unexplained } from './verdict.ts';

const { values: flags, positionals: prefixes } = parseArgs({
  allowPositionals: true,
  options: { 'against-itself': { type: 'boolean' }, answers: { type: 'boolean' } },
});

const known = flags['against-itself'] ? [] : knownDifferences;
const scenarios = allScenarios.filter(
  ({ name }) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix)),
);
const complaints: string[] = [];
let requests = 0;

const glance = await startGlanceOracle();
try {
  const lucarne = await (flags['against-itself'] ? startGlanceOracle() : startLucarneUnderTest());
  try {
    for (const scenario of scenarios) {
      const compared = await compareScenario({ glance: glance.baseUrl, lucarne: lucarne.baseUrl }, scenario);
      requests += compared.length;
      if (flags.answers) for (const request of compared) console.log(summary(request));
      complaints.push(...compared.flatMap((request) => unexplained(request, known)), ...outdated(compared, known));
    }
  } finally {
    await lucarne.stop();
  }
} finally {
  await glance.stop();
}

for (const complaint of complaints) console.log(complaint);
console.log(`${requests} requests, ${complaints.length} unexpected`);
process.exitCode = complaints.length === 0 ? 0 : 1;

function summary(request: ComparedRequest): string {
  const { status, headers, body } = request.glance;
  const allow = headers['allow'] === undefined ? '' : ` allow=${headers['allow']}`;
  return `${status}${allow} ${request.name} ${JSON.stringify(body)?.slice(0, 160) ?? ''}`;
}
