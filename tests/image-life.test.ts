/**
 * The whole life of an image as its users see it: a service started as the README says, driven by the real `openstack`
 * and `glance` command lines on real images.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirePackages } from './support/debian-packages.ts';
import { glance, openstack } from './support/openstack-cli.ts';
import type { ClientRun, Cloud } from './support/openstack-cli.ts';
import { makeRealImages, sha512Of } from './support/real-images.ts';
import type { RealImage } from './support/real-images.ts';
import { startLucarne } from './support/running-server.ts';
import type { RunningLucarne } from './support/running-server.ts';

const hasClients = await requirePackages([
  'python3-openstackclient',
  'python3-glanceclient',
  'qemu-utils',
  'grub-rescue-pc',
]);

interface ShownImage {
  readonly id: string;
  readonly status: string;
  readonly size: number;
  readonly virtual_size: number;
  readonly tags: readonly string[];
  readonly visibility: string;
  readonly owner: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What a command printed as JSON; a command that failed fails the test with what it said. */
function printed<T>(run: ClientRun): T {
  expect(run.status, run.stderr).toBe(0);
  return run.json() as T;
}

describe.runIf(hasClients)('the life of an image, by command line', () => {
  let service: RunningLucarne;
  let folder: string;
  let images: readonly RealImage[];
  let demo: Cloud;
  let admin: Cloud;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lucarne-images-'));
    [service, images] = await Promise.all([startLucarne(), makeRealImages(folder)]);
    demo = { cloudsYaml: service.cloudsYaml, cloud: 'lucarne-demo' };
    admin = { cloudsYaml: service.cloudsYaml, cloud: 'lucarne' };
  });

  afterAll(async () => {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const storeFolder = () => join(service.dataDirectory, 'images');
  const storedFiles = async (id: string) => (await readdir(storeFolder())).filter((name) => name.includes(id));

  test('uploads, shows, downloads and deletes an image of every format', async () => {
    const lives = images.map(async (image, index) => {
      const file = ['--disk-format', image.diskFormat, '--container-format', 'bare', '--file', image.path];
      const created =
        index % 2 === 0
          ? await openstack(demo, ['image', 'create', ...file, image.name])
          : await glance(demo, ['image-create', ...file, '--name', image.name]);
      expect(created.status, `${image.name}: ${created.stderr}`).toBe(0);

      const shown = printed<ShownImage>(await openstack(demo, ['image', 'show', image.name, '-f', 'json']));
      expect(shown).toMatchObject({
        status: 'active',
        size: (await stat(image.path)).size,
        virtual_size: image.virtualSize,
        properties: { os_hash_algo: 'sha512', os_hash_value: image.sha512 },
      });

      const copy = join(folder, `${image.name}.copy`);
      const saved = await openstack(demo, ['image', 'save', '--file', copy, image.name]);
      expect(saved.status, saved.stderr).toBe(0);
      expect(await sha512Of(copy)).toBe(image.sha512);
    });
    await Promise.all(lives);
    expect(await readdir(storeFolder())).toHaveLength(images.length);

    const deleted = await openstack(demo, ['image', 'delete', ...images.map((image) => image.name)]);
    expect(deleted.status, deleted.stderr).toBe(0);
    expect(await readdir(storeFolder())).toEqual([]);
    expect(printed(await openstack(demo, ['image', 'list', '-f', 'json']))).toEqual([]);
  });

  test('changes name, properties, tags and visibility, and hides an image', async () => {
    const named = ['--disk-format', 'raw', '--container-format', 'bare', 'first'];
    const { id } = printed<ShownImage>(await openstack(demo, ['image', 'create', '-f', 'json', ...named]));
    const change = [
      '--name',
      'second',
      '--property',
      'os_distro=debian',
      '--tag',
      'lts',
      '--min-disk',
      '3',
      '--community',
    ];
    expect((await openstack(demo, ['image', 'set', ...change, id])).status).toBe(0);
    const changed = printed<ShownImage & { name: string; min_disk: number }>(
      await openstack(demo, ['image', 'show', id, '-f', 'json']),
    );
    expect(changed).toMatchObject({ name: 'second', min_disk: 3, tags: ['lts'], visibility: 'community' });
    expect(changed.properties).toMatchObject({ os_distro: 'debian' });
    expect((await openstack(demo, ['image', 'unset', '--tag', 'lts', '--property', 'os_distro', id])).status).toBe(0);
    expect((await glance(demo, ['image-tag-update', id, 'gold'])).status).toBe(0);
    expect((await openstack(demo, ['image', 'set', '--hidden', id])).status).toBe(0);
    expect(printed(await openstack(demo, ['image', 'list', '-f', 'json']))).toEqual([]);
    const hidden = await openstack(demo, ['image', 'list', '--hidden', '--tag', 'gold', '-f', 'json']);
    expect(printed(hidden)).toMatchObject([{ ID: id }]);
    expect((await openstack(demo, ['image', 'delete', id])).status).toBe(0);
  });

  test('shares an image with another project, which accepts it', async () => {
    const file = ['--disk-format', 'qcow2', '--container-format', 'bare', '--file', images[1]?.path ?? ''];
    const { id } = printed<ShownImage>(await openstack(demo, ['image', 'create', '-f', 'json', ...file, 'shared']));
    const projects = await openstack(admin, ['project', 'show', 'admin', '-f', 'json']);
    const { id: project } = printed<{ id: string }>(projects);
    expect((await openstack(demo, ['image', 'add', 'project', id, project])).status).toBe(0);
    const members = printed<readonly { Status: string }[]>(
      await openstack(demo, ['image', 'member', 'list', id, '-f', 'json']),
    );
    expect(members).toMatchObject([{ 'Member ID': project, Status: 'pending' }]);
    const pending = await glance(admin, ['member-update', id, project, 'accepted']);
    expect(pending.status, pending.stderr).toBe(0);
    expect((await openstack(admin, ['image', 'set', '--accept', id])).status).toBe(0);
    const copy = join(folder, 'shared.copy');
    expect((await openstack(admin, ['image', 'save', '--file', copy, id])).status).toBe(0);
    expect(await sha512Of(copy)).toBe(images[1]?.sha512);
    expect((await openstack(demo, ['image', 'remove', 'project', id, project])).status).toBe(0);
    expect((await openstack(demo, ['image', 'delete', id])).status).toBe(0);
    expect(await storedFiles(id)).toEqual([]);
  });

  test('protects an image from deletion, and takes it out of use and back', async () => {
    const file = ['--disk-format', 'vdi', '--container-format', 'bare', '--file', images[6]?.path ?? ''];
    const { id } = printed<ShownImage>(
      await openstack(demo, ['image', 'create', '-f', 'json', '--protected', ...file, 'kept']),
    );
    expect((await openstack(demo, ['image', 'delete', id])).status).not.toBe(0);
    expect((await openstack(demo, ['image', 'set', '--deactivate', id])).status).toBe(0);
    const refused = await openstack(demo, ['image', 'save', '--file', join(folder, 'no.copy'), id]);
    expect(refused.status).not.toBe(0);
    expect((await openstack(demo, ['image', 'set', '--activate', '--unprotected', id])).status).toBe(0);
    expect((await openstack(demo, ['image', 'delete', id])).status).toBe(0);
  });

  test('refuses data that are not what the image says, and takes the right ones afterwards', async () => {
    // `openstack image create` takes what it finds on standard input for data.
    const named = ['--disk-format', 'qcow2', '--container-format', 'bare', '--name', 'choosy'];
    const created = await glance(demo, ['image-create', ...named]);
    const id = /\| id +\| ([0-9a-f-]{36})/.exec(created.stdout)?.[1] ?? '';
    const wrong = await glance(demo, ['image-upload', '--file', images[0]?.path ?? '', id]);
    expect(wrong.status).not.toBe(0);
    expect(wrong.stderr).toContain('415');
    expect(await storedFiles(id)).toEqual([]);
    const right = await glance(demo, ['image-upload', '--file', images[1]?.path ?? '', id]);
    expect(right.status, right.stderr).toBe(0);
    expect((await openstack(demo, ['image', 'delete', id])).status).toBe(0);
    expect(await storedFiles(id)).toEqual([]);
  });
});
