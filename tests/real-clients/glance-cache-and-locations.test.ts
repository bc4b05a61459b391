/** The image cache, and data that are elsewhere, as `glance` looks after them. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirePackages } from '../support/debian-packages.ts';
import { fieldsOf, rowsOf, startGlanceCommands } from '../support/glance-commands.ts';
import type { GlanceCommands } from '../support/glance-commands.ts';
import type { ClientRun } from '../support/openstack-cli.ts';
import { sha512Of } from '../support/real-images.ts';
import { startWithSeveralStores } from '../support/several-stores.ts';
import type { SeveralStores } from '../support/several-stores.ts';

const hasClients = await requirePackages(['python3-glanceclient']);
const raw = ['--disk-format', 'raw', '--container-format', 'bare'];

/** What a command that worked printed; one that failed fails the test with what it said. */
function printed(run: ClientRun): string {
  expect(run.status, run.stderr).toBe(0);
  return run.stdout;
}

describe.runIf(hasClients)('glance, the cache and locations', () => {
  let cloud: SeveralStores;
  let admin: GlanceCommands;

  beforeAll(async () => {
    cloud = await startWithSeveralStores();
    admin = await startGlanceCommands(cloud.admin);
  });

  afterAll(async () => {
    await admin?.stop();
    await cloud?.stop();
  });

  /** The commands of the cache want to be told which node they speak to. */
  const onNode = (...args: readonly string[]) => admin.run('--os-image-url', cloud.service.url, ...args);
  const cached = async () =>
    rowsOf(printed(await onNode('cache-list'))).map(({ ID, State, Size, Hits }) => [ID, State, Size, Hits]);

  async function uploaded(name: string): Promise<string> {
    const file = ['--file', cloud.image.path, '--name', name];
    const { id = '' } = fieldsOf(printed(await admin.run('image-create', ...raw, ...file)));
    return id;
  }

  test('cache what is downloaded or queued, list it and delete it', async () => {
    const [first, second] = [await uploaded('first'), await uploaded('second')];
    const size = String(cloud.image.bytes.length);
    expect(await cached()).toEqual([]);
    const copy = join(cloud.folder, 'first.copy');
    for (const _time of ['from the store', 'from the cache']) {
      printed(await admin.run('image-download', '--file', copy, first));
      expect(await sha512Of(copy)).toBe(cloud.image.sha512);
    }
    await expect.poll(cached, { timeout: 10_000 }).toEqual([[first, 'cached', size, '1']]);

    const queued = await onNode('cache-queue', first, second);
    expect(printed(queued) + queued.stderr).toBe('');
    await expect
      .poll(async () => (await cached()).toSorted(), { timeout: 15_000 })
      .toEqual(
        [
          [first, 'cached', size, '1'],
          [second, 'cached', size, '0'],
        ].toSorted(),
      );
    const deleted = await onNode('cache-delete', first);
    expect(printed(deleted) + deleted.stderr).toBe('');
    expect(await cached()).toEqual([[second, 'cached', size, '0']]);
    expect((await onNode('cache-clear', '--target', 'queue')).stderr).toBe('');
    expect(await cached()).toEqual([[second, 'cached', size, '0']]);
    expect((await onNode('cache-clear')).stderr).toBe('');
    expect(await cached()).toEqual([]);
    printed(await admin.run('image-delete', first, second));
  });

  test('forget a cached image that is deleted, and cannot queue one that is not there', async () => {
    const id = await uploaded('deleted');
    printed(await admin.run('image-download', '--file', join(cloud.folder, 'deleted.copy'), id));
    await expect.poll(async () => (await cached()).map(([image]) => image), { timeout: 10_000 }).toEqual([id]);
    printed(await admin.run('image-delete', id));
    expect(await cached()).toEqual([]);
    expect((await onNode('cache-queue', id)).stderr).toContain('404');
  });

  test('give an image its data by a location on the web', async () => {
    const { id = '' } = fieldsOf(printed(await admin.run('image-create', ...raw, '--name', 'elsewhere')));
    const url = `${cloud.web.origin}/good`;
    const added = fieldsOf(printed(await admin.run('location-add', '--url', url, id)));
    expect(added).toMatchObject({ id, status: 'active', size: String(cloud.image.bytes.length), stores: 'mirror' });
    expect(added['locations']).toContain(url);
    const copy = join(cloud.folder, 'elsewhere.copy');
    printed(await admin.run('image-download', '--file', copy, id));
    expect(await sha512Of(copy)).toBe(cloud.image.sha512);

    const second = `${cloud.web.origin}/ranges`;
    const metadata = ['--metadata', '{"rack": "7"}'];
    printed(await admin.run('location-add', '--url', second, ...metadata, id));
    const updated = fieldsOf(printed(await admin.run('location-update', '--url', url, '--metadata', '{"a": "b"}', id)));
    expect(updated['locations']).toMatch(/"rack": +"7"/);
    expect(updated['locations']).toMatch(/"a": +"b"/);
    printed(await admin.run('location-delete', '--url', second, id));
    const shown = fieldsOf(printed(await admin.run('image-show', id)));
    expect(shown['locations']).toContain(url);
    expect(shown['locations']).not.toContain(second);
    printed(await admin.run('image-delete', id));
  });

  test('give an image its data by the API of locations, with a hash that is checked', async () => {
    const name = ['--name', 'checked'];
    const { id = '' } = fieldsOf(printed(await admin.run('image-create', ...raw, ...name)));
    const url = `${cloud.web.origin}/good`;
    const validation_data = { os_hash_algo: 'sha512', os_hash_value: cloud.image.sha512 };
    await cloud.client.addImageLocation(id, { url, validation_data });
    expect(await cloud.settled(id)).toMatchObject({ status: 'active', os_hash_value: cloud.image.sha512 });
    expect(await cloud.client.listImageLocations(id)).toEqual([{ url, metadata: { store: 'mirror' } }]);
    expect(fieldsOf(printed(await admin.run('image-show', id)))).toMatchObject({ status: 'active', stores: 'mirror' });
    const copy = join(cloud.folder, 'checked.copy');
    printed(await admin.run('image-download', '--file', copy, id));
    expect(await sha512Of(copy)).toBe(cloud.image.sha512);
    printed(await admin.run('image-delete', id));
  });
});
