/** Validated tokens in a real memcached, which two services share and which may go away. Source: contract 10 §2 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageGroups, requirePackages } from './support/debian-packages.ts';
import { cloudStartMilliseconds, startKeystoneCloud } from './support/keystone-cloud.ts';
import type { KeystoneCloud } from './support/keystone-cloud.ts';
import { startMemcached } from './support/memcached-server.ts';
import type { RunningMemcached } from './support/memcached-server.ts';
import { startLucarne } from './support/running-server.ts';
import type { RunningLucarne } from './support/running-server.ts';

const hasPackages = await requirePackages(packageGroups.keystone);

describe.runIf(hasPackages)('tokens in memcached', () => {
  let memcached: RunningMemcached;
  let cloud: KeystoneCloud;
  let second: RunningLucarne;

  beforeAll(async () => {
    memcached = await startMemcached();
    const security = 'memcache_security_strategy = ENCRYPT\nmemcache_secret_key = sesame\n';
    cloud = await startKeystoneCloud({ tokenLines: `memcached_servers = ${memcached.address}\n${security}` });
    second = await startLucarne({ config: cloud.config });
  }, cloudStartMilliseconds);
  afterAll(async () => {
    await second?.stop();
    await cloud?.stop();
    await memcached?.stop();
  });

  const statusOf = async ({ url }: RunningLucarne, token: string): Promise<number> => {
    const answer = await fetch(`${url}/v2/images`, { headers: { 'x-auth-token': token } });
    await answer.body?.cancel();
    return answer.status;
  };

  test('are shared by services, unreadable, and missed by nobody', async () => {
    const { admin } = cloud.keystone;
    const { login } = await admin.createMember('ann', await admin.createProject('red'), ['reader']);
    const [token, other] = [(await admin.token(login)).id, (await admin.token(login)).id];
    expect(await statusOf(cloud.service, token)).toBe(200);
    await expect.poll(() => memcached.ask('stats'), { timeout: 60_000 }).toMatch(/curr_items 1\r/);
    const before = await cloud.keystone.validations();
    expect(await statusOf(second, token)).toBe(200);
    expect(await cloud.keystone.validations()).toBe(before);

    await cloud.keystone.halt();
    expect([await statusOf(second, token), await statusOf(second, other)]).toEqual([200, 503]);
    const dump = await memcached.ask('lru_crawler metadump all');
    expect(dump).toContain('tokens%2F');
    const [, entry = ''] = (await memcached.ask(`get ${decodeURIComponent(/key=(\S+)/.exec(dump)?.[1] ?? '')}`)).split(
      '\r\n',
    );
    // Behind the signature; its Base64 may well contain any three letters.
    const content = Buffer.from(entry.slice(64), 'base64').toString('latin1');
    expect(content.length).toBeGreaterThan(500);
    expect(`${entry}${content}`).not.toMatch(/gAAAA|"user"|"roles"/);

    await memcached.stop();
    await cloud.keystone.resume();
    expect([await statusOf(second, token), await statusOf(cloud.service, other)]).toEqual([200, 200]);
    expect(second.logs()).toContain('the token cache is left alone');
  });
});
