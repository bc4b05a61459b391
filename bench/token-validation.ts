/**
 * What does a token of Keystone cost a request, once it was validated? Takes the processor time of requests with tokens
 * kept in memory and in memcached beside that with the pocket identity, their number a second, and the validations of
 * 100 first requests at a time.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createTokenProvider } from '@lucarne/client/password-auth.ts';
import { loginOfCloud } from '../tests/support/cloud-credentials.ts';
import { packageGroups, requirePackages } from '../tests/support/debian-packages.ts';
import { startKeystoneCloud } from '../tests/support/keystone-cloud.ts';
import type { KeystoneCloud } from '../tests/support/keystone-cloud.ts';
import { startMemcached } from '../tests/support/memcached-server.ts';
import { startLucarne } from '../tests/support/running-server.ts';
import type { RunningLucarne } from '../tests/support/running-server.ts';

const seconds = Number(process.argv[2] ?? 3);
const rounds = 3;
const parallel = 16;
const firstRequests = 100;
/** Of the time with the pocket identity. */
const mostRatio = 1.5;
const ticksPerSecond = 100;

interface Measured {
  readonly perSecond: number;
  readonly cpuMilliseconds: number;
}

/** Of the service's process, so that it does not matter what else runs. */
function cpuMilliseconds({ process: { pid } }: RunningLucarne): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

async function measure(service: RunningLucarne, token: string): Promise<Measured> {
  const cpuBefore = cpuMilliseconds(service);
  const end = performance.now() + seconds * 1000;
  let answered = 0;
  const ask = async (): Promise<void> => {
    while (performance.now() < end) {
      const answer = await fetch(`${service.url}/v2/images?limit=1`, { headers: { 'x-auth-token': token } });
      if (answer.status !== 200) throw new Error(`answered with ${answer.status}`);
      await answer.text();
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, ask));
  return { perSecond: answered / seconds, cpuMilliseconds: (cpuMilliseconds(service) - cpuBefore) / answered };
}

async function tokensOf({ keystone }: KeystoneCloud): Promise<readonly [string, string]> {
  const { admin } = keystone;
  const { login } = await admin.createMember('ann', await admin.createProject('red'), ['member']);
  return [(await admin.token(login)).id, (await admin.token(login)).id];
}

async function countFirstValidations({ keystone, service }: KeystoneCloud, token: string): Promise<number> {
  const before = await keystone.validations();
  const headers = { 'x-auth-token': token };
  const answers = Array.from({ length: firstRequests }, () => fetch(`${service.url}/v2/images?limit=1`, { headers }));
  for (const answer of await Promise.all(answers)) await answer.text();
  return (await keystone.validations()) - before;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

await requirePackages(packageGroups.keystone);
const memcached = await startMemcached();
const pocket = await startLucarne();
const inMemory = await startKeystoneCloud();
const inMemcached = await startKeystoneCloud({ tokenLines: `memcached_servers = ${memcached.address}\n` });
try {
  const pocketToken = await createTokenProvider(await loginOfCloud(pocket.cloudsYaml, 'lucarne-demo')).token();
  const [[memoryToken, unseen], [memcachedToken]] = [await tokensOf(inMemory), await tokensOf(inMemcached)];
  const measured: Record<'pocket' | 'memory' | 'memcached', Measured[]> = { pocket: [], memory: [], memcached: [] };
  for (let round = 0; round < rounds; round += 1) {
    measured.pocket.push(await measure(pocket, pocketToken));
    measured.memory.push(await measure(inMemory.service, memoryToken));
    measured.memcached.push(await measure(inMemcached.service, memcachedToken));
  }
  const cpuOf = (of: keyof typeof measured) => median(measured[of].map((each) => each.cpuMilliseconds));
  const perSecond = (of: keyof typeof measured) => Math.round(median(measured[of].map((each) => each.perSecond)));
  const [memory, shared] = [cpuOf('memory') / cpuOf('pocket'), cpuOf('memcached') / cpuOf('pocket')];
  console.log(
    `pocket identity: ${cpuOf('pocket').toFixed(2)} ms of processor time a request, ${perSecond('pocket')} a second`,
  );
  console.log(`Keystone, kept in memory: ${memory.toFixed(2)} × of that, ${perSecond('memory')} a second`);
  console.log(`Keystone, kept in memcached: ${shared.toFixed(2)} ×, ${perSecond('memcached')} a second`);
  const validations = await countFirstValidations(inMemory, unseen);
  console.log(`${firstRequests} first requests at a time: ${validations} validation(s)`);
  process.exitCode = memory <= mostRatio && shared <= mostRatio && validations === 1 ? 0 : 1;
} finally {
  for (const each of [pocket, inMemory, inMemcached, memcached]) await each.stop();
}
