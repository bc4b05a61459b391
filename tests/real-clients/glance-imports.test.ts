/** Images that come in by import and live in several stores, as `glance` makes them. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirePackages } from '../support/debian-packages.ts';
import { fieldsOf, rowsOf, startGlanceCommands } from '../support/glance-commands.ts';
import type { GlanceCommands } from '../support/glance-commands.ts';
import { glance } from '../support/openstack-cli.ts';
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

describe.runIf(hasClients)('glance and several stores', () => {
  let cloud: SeveralStores;
  let admin: GlanceCommands;
  let demo: GlanceCommands;

  beforeAll(async () => {
    cloud = await startWithSeveralStores();
    [admin, demo] = await Promise.all([startGlanceCommands(cloud.admin), startGlanceCommands(cloud.demo)]);
  });

  afterAll(async () => {
    await Promise.all([admin?.stop(), demo?.stop()]);
    await cloud?.stop();
  });

  async function created(...args: readonly string[]): Promise<string> {
    const { id = '' } = fieldsOf(printed(await demo.run('image-create-via-import', ...raw, ...args)));
    return id;
  }

  async function expectDownload(id: string): Promise<void> {
    const copy = join(cloud.folder, `${id}.copy`);
    printed(await demo.run('image-download', '--file', copy, id));
    expect(await sha512Of(copy)).toBe(cloud.image.sha512);
  }

  const storesOf = (stores: string | undefined) => (stores ?? '').split(',').toSorted();

  test('are told which stores, import methods and limits there are', async () => {
    const { 'import-methods': methods } = fieldsOf(printed(await demo.run('import-info')));
    expect(methods).toMatch(/glance-direct.*web-download.*copy-image/);
    const { stores } = fieldsOf(printed(await demo.run('stores-info')));
    expect(stores).toMatch(/fast.*Quick disks.*default.*slow.*mirror.*read-only/);
    const { stores: details } = fieldsOf(printed(await admin.run('stores-info', '--detail')));
    // A long value is wrapped, and its lines are joined with a blank.
    expect(details?.replaceAll(' ', '')).toContain(cloud.storeFolder('slow'));
    expect((await demo.run('stores-info', '--detail')).stderr).toContain('403');
    expect(rowsOf(printed(await demo.run('usage')))).toEqual([]);
  });

  test('put a file into all stores by glance-direct, and delete it from one of them', async () => {
    const source = ['--import-method', 'glance-direct', '--file', cloud.image.path];
    const id = await created(...source, '--all-stores', 'True', '--name', 'everywhere');
    const image = await cloud.settled(id);
    expect(image).toMatchObject({ name: 'everywhere', status: 'active', os_hash_value: cloud.image.sha512 });
    expect(storesOf(image.stores)).toEqual(['fast', 'slow']);
    await expectDownload(id);
    const tasks = rowsOf(printed(await demo.run('image-tasks', id)));
    expect(tasks).toMatchObject([{ Status: 'success' }]);

    expect((await demo.run('stores-delete', '--store', 'slow', id)).status).not.toBe(0);
    printed(await admin.run('stores-delete', '--store', 'slow', id));
    expect(await readdir(cloud.storeFolder('slow'))).toEqual([]);
    const last = await admin.run('stores-delete', '--store', 'fast', id);
    expect(last.stderr).toContain('403');
    expect(fieldsOf(printed(await demo.run('image-show', id)))).toMatchObject({ stores: 'fast', status: 'active' });
    printed(await demo.run('image-delete', id));
    expect(await readdir(cloud.storeFolder('fast'))).toEqual([]);
  });

  test('read the data of an import from standard input', async () => {
    const args = ['image-create-via-import', ...raw, '--import-method', 'glance-direct', '--store', 'slow'];
    const run = await glance(cloud.demo, args, { input: await readFile(cloud.image.path) });
    const { id = '' } = fieldsOf(printed(run));
    expect(await cloud.settled(id)).toMatchObject({ status: 'active', stores: 'slow' });
    await expectDownload(id);
    printed(await demo.run('image-delete', id));
  });

  test('import from the web into one store and copy it to another', async () => {
    const source = ['--import-method', 'web-download', '--uri', `${cloud.web.origin}/good`];
    const id = await created(...source, '--stores', 'slow', '--name', 'fetched');
    expect(await cloud.settled(id)).toMatchObject({ status: 'active', stores: 'slow', size: cloud.image.bytes.length });
    await expectDownload(id);

    const copy = ['image-import', '--import-method', 'copy-image', '--stores', 'fast'];
    expect((await demo.run(...copy, id)).status).not.toBe(0);
    printed(await admin.run(...copy, id));
    expect(storesOf((await cloud.settled(id)).stores)).toEqual(['fast', 'slow']);
    expect(await sha512Of(join(cloud.storeFolder('fast'), id))).toBe(cloud.image.sha512);
    expect(rowsOf(printed(await admin.run('image-tasks', id)))).toMatchObject([
      { Status: 'success' },
      { Status: 'success' },
    ]);
    printed(await demo.run('image-delete', id));
  });

  test('stage data first and import them later', async () => {
    const { id = '' } = fieldsOf(printed(await demo.run('image-create', ...raw, '--name', 'staged')));
    printed(await demo.run('image-stage', '--file', cloud.image.path, id));
    expect(fieldsOf(printed(await demo.run('image-show', id)))).toMatchObject({
      status: 'uploading',
      size: String(cloud.image.bytes.length),
    });
    printed(await demo.run('image-import', '--stores', 'fast,slow', '--allow-failure', 'False', id));
    const image = await cloud.settled(id);
    expect(image.status).toBe('active');
    expect(storesOf(image.stores)).toEqual(['fast', 'slow']);
    await expectDownload(id);
    printed(await demo.run('image-delete', id));
  });

  test('see why an import failed, and the image takes another one', async () => {
    const id = await created('--import-method', 'web-download', '--uri', `${cloud.web.origin}/missing`);
    expect(await cloud.settled(id)).toMatchObject({ status: 'queued', os_glance_failed_import: 'fast' });
    expect(rowsOf(printed(await demo.run('image-tasks', id)))).toMatchObject([{ Status: 'failure' }]);
    const again = ['--import-method', 'web-download', '--uri', `${cloud.web.origin}/chunked`];
    printed(await demo.run('image-import', ...again, id));
    expect(await cloud.settled(id)).toMatchObject({ status: 'active', stores: 'fast' });
    await expectDownload(id);
    printed(await demo.run('image-delete', id));
  });

  test('refuse what the service would not fetch', async () => {
    const uri = ['--import-method', 'web-download', '--uri', 'ftp://images.example/disk'];
    const run = await demo.run('image-create-via-import', ...raw, ...uri);
    expect(run.stderr).toContain('400');
    const { id = '' } = fieldsOf(run.stdout);
    printed(await demo.run('image-delete', id));
  });

  test('share an image between two projects', async () => {
    const { id = '', owner = '' } = fieldsOf(printed(await demo.run('image-create', ...raw, '--name', 'shared')));
    const { owner: project = '', id: other = '' } = fieldsOf(printed(await admin.run('image-create', ...raw)));
    expect(project).not.toBe(owner);
    const member = { 'Image ID': id, 'Member ID': project };
    expect(rowsOf(printed(await demo.run('member-create', id, project)))).toEqual([{ ...member, Status: 'pending' }]);
    expect((await demo.run('member-create', id, project)).stderr).toContain('409');
    expect(rowsOf(printed(await admin.run('member-update', id, project, 'accepted')))).toEqual([
      { ...member, Status: 'accepted' },
    ]);
    expect(rowsOf(printed(await demo.run('member-list', '--image-id', id)))).toEqual([
      { ...member, Status: 'accepted' },
    ]);
    expect(fieldsOf(printed(await demo.run('member-get', id, project)))).toMatchObject({
      member_id: project,
      status: 'accepted',
    });
    printed(await demo.run('member-delete', id, project));
    expect(rowsOf(printed(await demo.run('member-list', '--image-id', id)))).toEqual([]);
    printed(await admin.run('image-delete', id, other));
  });

  test('start a task of the older kind and list the tasks', async () => {
    const input = {
      import_from: `${cloud.web.origin}/good`,
      import_from_format: 'raw',
      image_properties: { name: 'by task', disk_format: 'raw', container_format: 'bare' },
    };
    const task = ['task-create', '--type', 'import', '--input', JSON.stringify(input)];
    expect((await demo.run(...task)).stderr).toContain('403');
    const { id = '' } = fieldsOf(printed(await admin.run(...task)));
    await expect.poll(async () => (await cloud.client.showTask(id)).status, { timeout: 15_000 }).toBe('success');
    const shown = fieldsOf(printed(await admin.run('task-show', id)));
    const [imageId = ''] = /[0-9a-f-]{36}/.exec(shown['result'] ?? '') ?? [];
    expect(await cloud.client.showImage(imageId)).toMatchObject({ name: 'by task', status: 'active' });
    const listed = rowsOf(printed(await admin.run('task-list', '--type', 'import', '--status', 'success')));
    expect(listed).toMatchObject([{ ID: id, Type: 'import', Status: 'success' }]);
    printed(await admin.run('image-delete', imageId));
  });
});
