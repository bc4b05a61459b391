/**
 * The life of an image as users of a cloud with a real Keystone see it: the `openstack` client signs in there, with a
 * password and with an application credential, and two projects share an image.
 */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageGroups, requirePackages } from './support/debian-packages.ts';
import { writeCloudsYaml } from './support/keystone-admin.ts';
import type { Created, Login } from './support/keystone-admin.ts';
import { cloudStartMilliseconds, startKeystoneCloud } from './support/keystone-cloud.ts';
import type { KeystoneCloud } from './support/keystone-cloud.ts';
import { openstack } from './support/openstack-cli.ts';
import type { ClientRun, Cloud } from './support/openstack-cli.ts';
import { sha512Of } from './support/real-images.ts';

const hasPackages = await requirePackages([...packageGroups.keystone, 'python3-openstackclient']);

interface ShownImage {
  readonly id: string;
  readonly status: string;
  readonly size: number;
  readonly owner: string;
  readonly visibility: string;
}

/** What a command printed as JSON; a command that failed fails the test with what it said. */
function printed<T>(run: ClientRun): T {
  expect(run.status, run.stderr).toBe(0);
  return run.json() as T;
}

const raw = ['--disk-format', 'raw', '--container-format', 'bare'];

describe.runIf(hasPackages)('the openstack client with a real Keystone', () => {
  let cloud: KeystoneCloud;
  let folder: string;
  let file: string;
  let red: Created;
  let blue: Created;
  let ann: Cloud;
  let bob: Cloud;
  let annLogin: Login;
  let cloudsYaml: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lucarne-keystone-clients-'));
    file = join(folder, 'image.raw');
    await writeFile(file, Buffer.alloc(300_000, 'image data '));
    cloud = await startKeystoneCloud();
    const { admin } = cloud.keystone;
    red = await admin.createProject('red');
    blue = await admin.createProject('blue');
    annLogin = (await admin.createMember('ann', red, ['member'])).login;
    const bobLogin = (await admin.createMember('bob', blue, ['member'])).login;
    const rose = (await admin.createMember('rose', red, ['reader'])).login;
    const annToken = await admin.token(annLogin);
    const credential = await admin.createApplicationCredential(annToken, 'robot');
    const listOnly = await admin.createApplicationCredential(annToken, 'list-only', {
      accessRules: [{ service: 'image', method: 'GET', path: '/v2/images' }],
    });
    cloudsYaml = join(folder, 'clouds.yaml');
    await writeCloudsYaml(cloudsYaml, cloud.keystone, {
      ann: annLogin,
      bob: bobLogin,
      rose,
      robot: credential,
      listOnly,
      wrong: { ...annLogin, password: 'wrong' },
    });
    ann = { cloudsYaml, cloud: 'ann' };
    bob = { cloudsYaml, cloud: 'bob' };
  }, cloudStartMilliseconds);

  afterAll(async () => {
    await cloud?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  test('creates, lists, shows, saves, changes and deletes an image with a password', async () => {
    const created = await openstack(ann, ['image', 'create', '-f', 'json', ...raw, '--file', file, 'first']);
    const { id } = printed<ShownImage>(created);
    const shown = printed<ShownImage>(await openstack(ann, ['image', 'show', '-f', 'json', 'first']));
    expect(shown).toMatchObject({ id, status: 'active', size: 300_000, owner: red.id, visibility: 'shared' });
    const copy = join(folder, 'copy.raw');
    const saved = await openstack(ann, ['image', 'save', '--file', copy, id]);
    expect(saved.status, saved.stderr).toBe(0);
    expect(await sha512Of(copy)).toBe(await sha512Of(file));
    const changed = await openstack(ann, ['image', 'set', '--property', 'os_distro=debian', '--tag', 'lts', id]);
    expect(changed.status, changed.stderr).toBe(0);
    expect(printed(await openstack(ann, ['image', 'list', '-f', 'json', '--tag', 'lts']))).toMatchObject([{ ID: id }]);
    const deleted = await openstack(ann, ['image', 'delete', id]);
    expect(deleted.status, deleted.stderr).toBe(0);
    expect(printed(await openstack(ann, ['image', 'list', '-f', 'json']))).toEqual([]);
  });

  test('does so with an application credential, within its access rules', async () => {
    const robot = { cloudsYaml, cloud: 'robot' };
    const listOnly = { cloudsYaml, cloud: 'listOnly' };
    const { id, owner } = printed<ShownImage>(
      await openstack(robot, ['image', 'create', '-f', 'json', ...raw, '--file', file, 'of the robot']),
    );
    expect(owner).toBe(red.id);
    expect(printed(await openstack(listOnly, ['image', 'list', '-f', 'json']))).toMatchObject([{ ID: id }]);
    const refused = await openstack(listOnly, ['image', 'delete', id]);
    expect([refused.status === 0, refused.stderr]).toEqual([false, expect.stringContaining('401')]);
    expect((await openstack(robot, ['image', 'delete', id])).status).toBe(0);
  });

  test('is refused with a wrong password, and may only read as a reader', async () => {
    expect((await openstack({ cloudsYaml, cloud: 'wrong' }, ['image', 'list'])).status).not.toBe(0);
    const rose = { cloudsYaml, cloud: 'rose' };
    const refused = await openstack(rose, ['image', 'create', ...raw, 'none']);
    expect([refused.status === 0, refused.stderr]).toEqual([false, expect.stringContaining('403')]);
    expect(printed(await openstack(rose, ['image', 'list', '-f', 'json']))).toEqual([]);
  });

  test('shares an image of one project with another, which accepts it', async () => {
    const { id } = printed<ShownImage>(
      await openstack(ann, ['image', 'create', '-f', 'json', '--shared', ...raw, '--file', file, 'to share']),
    );
    expect((await openstack(bob, ['image', 'show', id])).status).not.toBe(0);
    const shared = await openstack(ann, ['image', 'add', 'project', '-f', 'json', id, blue.id]);
    expect(printed(shared)).toMatchObject({ image_id: id, member_id: blue.id, status: 'pending' });
    expect(printed(await openstack(bob, ['image', 'list', '-f', 'json']))).toEqual([]);
    const accepted = await openstack(bob, ['image', 'set', '--accept', id]);
    expect(accepted.status, accepted.stderr).toBe(0);
    expect(printed(await openstack(bob, ['image', 'list', '-f', 'json']))).toMatchObject([
      { ID: id, Name: 'to share' },
    ]);
    const copy = join(folder, 'shared.raw');
    const saved = await openstack(bob, ['image', 'save', '--file', copy, id]);
    expect(saved.status, saved.stderr).toBe(0);
    expect(await sha512Of(copy)).toBe(await sha512Of(file));
    expect((await openstack(bob, ['image', 'delete', id])).status).not.toBe(0);
  });

  test('leaves no password and no token in what the service logs and keeps', async () => {
    const token = await cloud.keystone.admin.token(annLogin);
    await fetch(`${cloud.service.url}/v2/images`, { headers: { 'x-auth-token': token.id } });
    const { dataDirectory } = cloud.service;
    const entries = await readdir(dataDirectory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const kept = await Promise.all(files.map((path) => readFile(path, 'latin1')));
    const texts = [cloud.service.logs(), ...kept].join('\n');
    expect(texts).toContain('"request"');
    expect(texts).toContain('to share');
    const secrets = [token.id, 'password-of-glance', 'password-of-ann', 'gAAAA'];
    expect(secrets.filter((secret) => texts.includes(secret))).toEqual([]);
  });
});
