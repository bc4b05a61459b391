import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import { addImage, interfereWith, leaseSeconds, openTestService } from '../service.testing.ts';
import type { TestService } from '../service.testing.ts';
import { cleanStaging } from './clean-staging.ts';

const here = 'http://node-1';
const day = 24 * 3600;

async function stagedImage(service: TestService, record: Partial<Image>, ageSeconds: number): Promise<string> {
  const { id } = await addImage(service, record);
  stageFiles(service, id, ageSeconds);
  return id;
}

function stageFiles(service: TestService, id: string, ageSeconds: number): void {
  service.staging.files.set(id, Buffer.from('data'));
  service.staging.files.set(`${id}.converted`, Buffer.from('more'));
  service.staging.temporaries.set(`${id}.attempt.part`, []);
  service.staging.times.set(id, new Date(service.clock.now().getTime() - ageSeconds * 1000));
}

const failed = new Map([['os_glance_failed_import', 'slow']]);
const locked = new Map([['os_glance_import_task', 'a-task']]);
const hostedBy = (url: string) => new Map([['os_glance_stage_host', url]]);

describe('Cleaning the staging area', () => {
  test.each<readonly [string, Partial<Image>]>([
    ['a queued image', { status: 'queued' }],
    ['an image that is being uploaded', { status: 'saving' }],
    ['an image that was killed', { status: 'killed' }],
    ['an active image', { status: 'active' }],
    [
      'an active image whose last import left no failure',
      { status: 'active', properties: new Map([['os_glance_failed_import', '']]) },
    ],
    ['an image whose staged data another node has', { status: 'uploading', properties: hostedBy('http://node-2') }],
  ])('removes what is left of %s', async (_, record) => {
    const service = openTestService({ selfUrl: here });
    await stagedImage(service, record, leaseSeconds + 1);
    expect(await cleanStaging(service.parts)).toBe(1);
    expect([...service.staging.files.keys(), ...service.staging.temporaries.keys()]).toEqual([]);
  });

  test('removes what is left of images that are gone, or never were, and nothing else', async () => {
    const service = openTestService();
    const id = await stagedImage(service, { status: 'uploading' }, day);
    stageFiles(service, randomUUID(), day);
    service.staging.files.set('lost+found', Buffer.from('of somebody else'));
    expect(await cleanStaging(service.parts)).toBe(1);
    expect([...service.staging.files.keys()]).toEqual([id, `${id}.converted`, 'lost+found']);
    expect(service.reports).toEqual(['staging area cleaned']);
  });

  test.each<readonly [string, Partial<Image>, number]>([
    ['an image that is being staged', { status: 'uploading' }, 30 * day],
    ['an image that was staged here', { status: 'uploading', properties: hostedBy(here) }, 30 * day],
    ['an image that is being imported', { status: 'importing' }, 30 * day],
    ['an image a task works on', { status: 'active', properties: locked }, 30 * day],
    ['a queued image a task works on', { status: 'queued', properties: locked }, 30 * day],
    ['a copy that failed within the last day', { status: 'active', properties: failed }, day - 1],
    ['a copy of a deactivated image that failed', { status: 'deactivated', properties: failed }, day - 1],
    ['a queued image for which data came just now', { status: 'queued' }, leaseSeconds - 1],
  ])('leaves the data of %s', async (_, record, ageSeconds) => {
    const service = openTestService({ selfUrl: here });
    const id = await stagedImage(service, record, ageSeconds);
    expect(await cleanStaging(service.parts)).toBe(0);
    expect(await service.staging.listImages()).toEqual([id]);
  });

  test('removes the data of a failed copy after a day, which nobody has tried again', async () => {
    const service = openTestService();
    await stagedImage(service, { status: 'active', properties: failed }, day);
    expect(await cleanStaging(service.parts)).toBe(1);
  });

  test('goes on behind a file it cannot remove, and tells of it', async () => {
    const service = openTestService();
    for (let index = 0; index < 3; index += 1) stageFiles(service, randomUUID(), day);
    let calls = 0;
    const parts = interfereWith(service.parts, {
      before(call) {
        if (call === 'staging.removeAll' && (calls += 1) === 2) throw new ImageServiceError('unavailable', 'Refused.');
      },
      after: () => undefined,
    });
    expect(await cleanStaging(parts)).toBe(2);
    expect(service.reports).toEqual(['staged data not removed', 'staging area cleaned']);
  });

  test('raises nothing when the staging area cannot be read or the process ends', async () => {
    const service = openTestService();
    stageFiles(service, randomUUID(), day);
    const unreadable = interfereWith(service.parts, {
      before(call) {
        if (call === 'staging.listImages') throw new ImageServiceError('unavailable', 'Unreadable.');
      },
      after: () => undefined,
    });
    expect(await cleanStaging(unreadable)).toBe(0);
    expect(service.reports).toEqual(['staging area not cleaned']);
    service.jobs.stop();
    expect(await cleanStaging(service.parts)).toBe(0);
  });
});
