/** Deletions that are put off, and what an operator can do about them. Source: contract 02 §6, 12 §7. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scrubDueData } from '../../usecases/scrub/scrub.ts';
import { createActiveImage, createImage, deactivate, show, upload } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

let service: RunningService;
beforeAll(async () => {
  service = await runService({ config: 'delayed_delete = true\nscrub_time = 3600\nscrub_pool_size = 2' });
});
afterAll(() => service.close());

function remove(id: string, on: RunningService = service) {
  return on.send(`DELETE /v2/images/${id}`);
}

/** The service an hour later. */
function later(on: RunningService): RunningService['parts'] {
  return { ...on.parts, clock: { ...on.parts.clock, now: () => new Date(Date.now() + 3_601_000) } };
}

describe('an image whose deletion is put off', () => {
  test('is gone for everybody, as if it were deleted at once, and its data stay', async () => {
    const id = await createActiveImage(service, { name: 'gone', tags: ['t'] });
    expect((await remove(id)).status).toBe(204);
    for (const as of ['member', 'admin'] as const) {
      for (const request of [
        `GET /v2/images/${id}`,
        `GET /v2/images/${id}/file`,
        `DELETE /v2/images/${id}`,
        `GET /v2/images/${id}/members`,
        `PUT /v2/images/${id}/tags/x`,
        `POST /v2/images/${id}/actions/deactivate`,
        `GET /v2/images/${id}/locations`,
      ]) {
        expect([request, (await service.send(request, { as })).status]).toEqual([request, 404]);
      }
      const listed = (await service.send('GET /v2/images?name=gone', { as })).json()['images'];
      expect(listed).toEqual([]);
      const byStatus = (await service.send('GET /v2/images?status=pending_delete', { as })).json()['images'];
      expect(byStatus).toEqual([]);
    }
    expect((await upload(service, id, 'x')).status).toBe(404);
    expect((await service.send('POST /v2/images', { json: { id } })).status).toBe(409);
    expect(existsSync(join(service.storeFolder, id))).toBe(true);
  });

  test.each(['deactivated', 'protected'] as const)('may have been %s', async (kind) => {
    const id = await createActiveImage(service, { protected: kind === 'protected' });
    if (kind === 'deactivated') await deactivate(service, id);
    const status = kind === 'protected' ? 403 : 204;
    expect((await remove(id)).status).toBe(status);
    expect(existsSync(join(service.storeFolder, id))).toBe(true);
  });

  test('is deleted at once when it has no data', async () => {
    const id = await createImage(service);
    expect((await remove(id)).status).toBe(204);
    expect(await service.parts.scrub.findDeleted(id)).toEqual({ kind: 'gone' });
  });

  test('loses its data when their time has come', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => createActiveImage(service)));
    for (const id of ids) await remove(id);
    await scrubDueData(service.parts);
    expect(readdirSync(service.storeFolder)).toEqual(expect.arrayContaining(ids));
    const scrubbed = await Promise.all([scrubDueData(later(service)), scrubDueData(later(service))]);
    expect((scrubbed[0] ?? 0) + (scrubbed[1] ?? 0)).toBeGreaterThanOrEqual(3);
    for (const id of ids) {
      expect(existsSync(join(service.storeFolder, id))).toBe(false);
      expect(await service.parts.scrub.findDeleted(id)).toEqual({ kind: 'gone' });
      expect((await service.send('POST /v2/images', { json: { id } })).status).toBe(409);
    }
  });

  test('loses them without anybody’s doing', async () => {
    const quick = await runService({ config: 'delayed_delete = true\nscrub_time = 0\nwakeup_time = 1' });
    const id = await createActiveImage(quick);
    await remove(id, quick);
    for (const deadline = Date.now() + 10_000; existsSync(join(quick.storeFolder, id)); await pause(20)) {
      if (Date.now() > deadline) throw new Error('The data are still there.');
    }
    await quick.close();
  });
});

describe('lucarne images restore', () => {
  let folder: string;
  let databaseFile: string;
  let configFile: string;
  let stored: RunningService;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lucarne-restore-'));
    databaseFile = join(folder, 'images.db');
    configFile = join(folder, 'lucarne.conf');
    const shared = { databaseFile, storeFolder: join(folder, 'images') };
    const config = 'delayed_delete = true\nscrub_time = 3600';
    stored = await runService({ config, folder, shared });
    const lines = [
      '[DEFAULT]',
      `node_staging_uri = file://${join(folder, 'staging')}`,
      config,
      '[database]',
      `connection = sqlite:///${databaseFile}`,
      '[glance_store]',
      `filesystem_store_datadir = ${shared.storeFolder}`,
    ];
    writeFileSync(configFile, `${lines.join('\n')}\n`);
  });

  afterAll(async () => {
    await stored.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Exit status and what was written. */
  async function restore(...ids: readonly string[]) {
    const program = join(import.meta.dirname, '../lucarne.ts');
    const line = [program, 'images', 'restore', '--config-file', configFile, '--data-dir', folder, ...ids];
    try {
      return { status: 0, ...(await promisify(execFile)(process.execPath, line)) };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { status: code, stdout, stderr };
    }
  }

  test('brings images back while the service runs, with all they had: exit status 0', async () => {
    const attributes = { name: 'back', tags: ['t'], os_distro: 'debian', visibility: 'shared' };
    const [id, second] = [await createActiveImage(stored, attributes), await createActiveImage(stored)];
    await stored.send(`POST /v2/images/${id}/members`, { json: { member: 'p2' } });
    const { updated_at: _, ...before } = await show(stored, id);
    await remove(id, stored);
    await remove(second, stored);
    const { status, stdout, stderr } = await restore(id, second);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`Image ${id} is active again.\nImage ${second} is active again.\n`);
    expect(await show(stored, id)).toMatchObject(before);
    expect((await stored.send(`GET /v2/images/${id}/file`)).text).toBe('ten bytes!');
    expect((await stored.send(`GET /v2/images/${id}`, { as: 'otherMember' })).status).toBe(200);
  });

  test('says why it cannot: exit status 1, and the others are restored', async () => {
    const [live, late, good] = [
      await createActiveImage(stored),
      await createActiveImage(stored),
      await createActiveImage(stored),
    ];
    await remove(late, stored);
    await scrubDueData(later(stored));
    await remove(good, stored);
    const { status, stdout, stderr } = await restore(live, late, 'nobody', good);
    expect(status).toBe(1);
    expect(stderr.split('\n')).toEqual([
      `Image ${live} is not deleted.`,
      `Image ${late} cannot be restored: its data were removed, or are being removed now.`,
      'Image nobody is not known.',
      '',
    ]);
    expect(stdout).toBe(`Image ${good} is active again.\n`);
  });
});
