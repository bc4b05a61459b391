/** Imports and lists, as `openstack` makes them. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirePackages } from '../support/debian-packages.ts';
import { openstack } from '../support/openstack-cli.ts';
import type { ClientRun } from '../support/openstack-cli.ts';
import { sha512Of } from '../support/real-images.ts';
import { startWithSeveralStores } from '../support/several-stores.ts';
import type { SeveralStores } from '../support/several-stores.ts';

const hasClients = await requirePackages(['python3-openstackclient']);

/** What a command printed as JSON; a command that failed fails the test with what it said. */
function printed<T>(run: ClientRun): T {
  expect(run.status, run.stderr).toBe(0);
  return run.json() as T;
}

describe.runIf(hasClients)('openstack and several stores', () => {
  let cloud: SeveralStores;

  beforeAll(async () => {
    cloud = await startWithSeveralStores();
  });

  afterAll(async () => {
    await cloud?.stop();
  });

  test('imports a file, shows where it is kept, saves it and deletes it', async () => {
    const file = ['--import', '--file', cloud.image.path, '--tag', 'imported', '--property', 'os_distro=debian'];
    const created = await openstack(cloud.demo, ['image', 'create', '-f', 'json', ...file, 'by import']);
    const { id } = printed<{ id: string }>(created);
    expect(await cloud.settled(id)).toMatchObject({ status: 'active', stores: 'fast', tags: ['imported'] });
    const shown = await openstack(cloud.demo, ['image', 'show', '-f', 'json', 'by import']);
    expect(printed(shown)).toMatchObject({
      id,
      size: cloud.image.bytes.length,
      properties: { stores: 'fast', os_distro: 'debian', os_hash_value: cloud.image.sha512 },
    });
    const copy = join(cloud.folder, 'openstack.copy');
    const saved = await openstack(cloud.demo, ['image', 'save', '--file', copy, 'by import']);
    expect(saved.status, saved.stderr).toBe(0);
    expect(await sha512Of(copy)).toBe(cloud.image.sha512);
    const listed = ['image', 'list', '-f', 'json', '--tag', 'imported', '--property', 'os_distro=debian', '--long'];
    expect(printed(await openstack(cloud.demo, listed))).toMatchObject([{ ID: id, Status: 'active' }]);
    const deleted = await openstack(cloud.demo, ['image', 'delete', 'by import']);
    expect(deleted.status, deleted.stderr).toBe(0);
  });

  test('lists imported images a page at a time', async () => {
    const method = { name: 'web-download', uri: `${cloud.web.origin}/good` } as const;
    const ids: string[] = [];
    for (const name of ['one', 'two', 'three']) {
      const raw = { disk_format: 'raw', container_format: 'bare', visibility: 'public' } as const;
      const { id } = await cloud.client.createImage({ name, ...raw });
      await cloud.client.importImage(id, { method, all_stores: true });
      await cloud.settled(id);
      ids.push(id);
    }
    // The client itself sorts what it gets, and gets the newest images first.
    const sorted = ['image', 'list', '-f', 'json', '--public', '--sort', 'name:asc'];
    const [first, second] = await Promise.all([
      openstack(cloud.demo, [...sorted, '--limit', '2']),
      openstack(cloud.demo, [...sorted, '--marker', ids[2] ?? '']),
    ]);
    expect(printed(first)).toMatchObject([{ Name: 'three' }, { Name: 'two' }]);
    expect(printed(second)).toMatchObject([{ Name: 'one' }, { Name: 'two' }]);
    const deleted = await openstack(cloud.admin, ['image', 'delete', ...ids]);
    expect(deleted.status, deleted.stderr).toBe(0);
  });
});
