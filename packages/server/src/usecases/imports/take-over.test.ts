/** Imports on several nodes, each with a staging area of its own, of which one dies. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Task } from '../../domain/tasks/task.ts';
import { openTestJobs } from '../../ports/background-jobs.testing.ts';
import type { TestJobs } from '../../ports/background-jobs.testing.ts';
import { openMemoryStaging } from '../../ports/memory-staging.testing.ts';
import type { MemoryStaging } from '../../ports/memory-staging.testing.ts';
import { stageImageData } from '../image-data/stage.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import type { ServiceParts } from '../service-parts.ts';
import {
  addActiveImage,
  addImage,
  administrator,
  bodyOf,
  callsOf,
  findImage,
  leaseSeconds,
  momentsOf,
  openTestService,
  owner,
  stoppingAt,
} from '../service.testing.ts';
import type { Moment, StoppedProcess, TestService } from '../service.testing.ts';
import { cleanStaging } from './clean-staging.ts';
import type { ImportPlugin } from './import-plugin.ts';
import { startImport } from './start-import.ts';

const bytes = randomBytes(20_000);
const uri = 'http://mirror.example/disk.raw';
const methods = ['web-download', 'glance-direct', 'copy-image'] as const;
type Method = (typeof methods)[number];

interface Node {
  readonly parts: ServiceParts;
  readonly staging: MemoryStaging;
  readonly jobs: TestJobs;
}

interface Nodes extends Readonly<Record<'first' | 'second', Node>> {
  readonly service: TestService;
}

function openNodes(options: { readonly plugins?: readonly ImportPlugin[]; readonly urls?: boolean } = {}): Nodes {
  const service = openTestService({ stores: ['fast', 'slow', 'spare'], imports: { plugins: options.plugins ?? [] } });
  service.web.pages.set(uri, { bytes });
  const node = (name: string): Node => {
    const staging = openMemoryStaging();
    const jobs = openTestJobs();
    const selfUrl = options.urls === false ? null : `http://${name}`;
    return { staging, jobs, parts: { ...service.parts, staging, jobs, selfUrl } };
  };
  return { service, first: node('first'), second: node('second') };
}

async function prepare({ service, first }: Nodes, method: Method): Promise<string> {
  if (method === 'copy-image') return (await addActiveImage(service, bytes)).id;
  const { id } = await addImage(service);
  if (method === 'glance-direct') {
    await stageImageData(first.parts, owner, { imageId: id, expectedBytes: null, body: () => bodyOf(bytes) });
  }
  return id;
}

function begin(parts: ServiceParts, imageId: string, method: Method): Promise<void> {
  const name = method === 'web-download' ? { name: method, uri } : { name: method };
  const stores = method === 'copy-image' ? ['slow', 'spare'] : ['fast', 'slow'];
  const call = { method: 'POST', path: '/', headers: {}, body: null, wasPassedOn: false } as const;
  return startImport(parts, administrator, { imageId, body: { method: name, stores }, storeHeader: null, call });
}

async function recoverBy({ parts, jobs }: Node): Promise<void> {
  await recoverExpiredWork(parts);
  await jobs.settled();
}

/** Node `first` dies at that moment of an import. */
async function dying(nodes: Nodes, moment: Moment, method: Method): Promise<{ id: string; process: StoppedProcess }> {
  const id = await prepare(nodes, method);
  const process = stoppingAt({ ...nodes.service, parts: nodes.first.parts }, moment);
  void begin(process.parts, id, method).catch(() => undefined);
  await process.stopped;
  return { id, process };
}

async function momentsFor(method: Method, plugins: readonly ImportPlugin[] = []): Promise<readonly Moment[]> {
  const rehearsal = openNodes({ plugins });
  const id = await prepare(rehearsal, method);
  const calls = await callsOf({ ...rehearsal.service, parts: rehearsal.first.parts }, async (parts) => {
    await begin(parts, id, method);
    await rehearsal.first.jobs.settled();
  });
  return momentsOf(calls);
}

function lastTask({ service }: Nodes): Task | undefined {
  return [...service.database.tasks.values()].at(-1);
}

async function outcome(nodes: Nodes, id: string) {
  const image = await findImage(nodes.service, id);
  const { status, message } = lastTask(nodes) ?? {};
  return { status: image?.status, copies: image?.locations.length, task: status, message };
}

function expectNoWorkLeft({ service }: Nodes): void {
  expect([...service.database.works.values()]).toEqual([]);
  const owned: string[] = [];
  for (const { image } of service.database.records.values()) {
    expect(image.properties.has('os_glance_import_task')).toBe(false);
    owned.push(...image.locations.map(({ url }) => url));
  }
  const stored = [...service.stores.values()].flatMap((store) => [...store.objects.keys()]);
  expect(stored.toSorted()).toEqual(owned.toSorted());
  for (const store of service.stores.values()) expect(store.temporaries.size).toBe(0);
}

describe.each(methods)('An import by %s whose node dies', (method) => {
  const copies = method === 'copy-image' ? 3 : 2;
  const lost = 'The staged data are not on the node that imports them; stage them again.';

  test.each([true, false])('ends on another node, whichever call it died at (nodes have URLs: %s)', async (urls) => {
    const seen = new Set<string>();
    for (const moment of await momentsFor(method)) {
      const nodes = openNodes({ urls });
      const { id } = await dying(nodes, moment, method);
      const { clock } = nodes.service;
      // Within a minute: a lease, the patience with the node, and the pause between two looks.
      for (const seconds of [leaseSeconds + 1, leaseSeconds / 3, leaseSeconds / 3]) {
        await clock.advance(seconds);
        await recoverBy(nodes.second);
      }
      const { task, ...image } = await outcome(nodes, id);
      seen.add(task ?? 'none');
      if (task === undefined) {
        expect(image.status).toBe(
          { 'web-download': 'queued', 'glance-direct': 'uploading', 'copy-image': 'active' }[method],
        );
      } else if (task === 'success') expect(image).toMatchObject({ status: 'active', copies });
      else expect({ task, ...image }).toEqual({ task: 'failure', status: 'queued', copies: 0, message: lost });
      expectNoWorkLeft(nodes);
      expect(await nodes.second.staging.listImages()).toEqual([]);
      // The first node comes back, a day later.
      await clock.advance(24 * 3600);
      await cleanStaging(nodes.first.parts);
      expect(await nodes.first.staging.listImages()).toEqual(image.status === 'uploading' ? [id] : []);
    }
    expect(seen).toEqual(new Set(method === 'glance-direct' ? ['none', 'success', 'failure'] : ['none', 'success']));
  });

  test('goes on there when it comes back in time', async () => {
    for (const moment of await momentsFor(method)) {
      const nodes = openNodes();
      const { id } = await dying(nodes, moment, method);
      await nodes.service.clock.advance(leaseSeconds + 1);
      await recoverBy(nodes.second);
      await recoverBy({
        ...nodes.first,
        jobs: nodes.second.jobs,
        parts: { ...nodes.first.parts, jobs: nodes.second.jobs },
      });
      const { task, ...image } = await outcome(nodes, id);
      if (task !== undefined)
        expect({ moment, task, ...image }).toMatchObject({ task: 'success', status: 'active', copies });
      expectNoWorkLeft(nodes);
    }
  });

  test('is left to the other one for good when it was not dead but stood still', async () => {
    const moments = await momentsFor(method);
    for (const moment of moments) {
      const nodes = openNodes();
      const { id, process } = await dying(nodes, moment, method);
      await nodes.service.clock.advance(leaseSeconds + 1);
      await recoverBy(nodes.second);
      await nodes.service.clock.advance(leaseSeconds);
      await recoverBy(nodes.second);
      const before = await outcome(nodes, id);
      if (before.task === undefined) continue;
      process.resume();
      await nodes.first.jobs.settled();
      expect(await outcome(nodes, id)).toEqual(before);
      expectNoWorkLeft(nodes);
    }
  });
});

describe('Data that were changed on a node that is gone', () => {
  /** Turns the data round and says so in the image, as a conversion does. */
  const turning: ImportPlugin = async (work) => {
    const image = await work.image();
    if (image.properties.has('turned')) throw new Error('The data were turned already.');
    const reader = await work.staging.read({ imageId: image.id, stage: null });
    const chunks: Uint8Array[] = [];
    for await (const chunk of reader.chunks(0, reader.sizeBytes - 1)) chunks.push(chunk.slice());
    const writer = work.staging.write({ imageId: image.id, stage: 'turned' }, work.attemptId);
    await writer.open();
    await writer.write(Buffer.concat(chunks).toReversed());
    await writer.commit();
    work.changeImage({ from: ['importing'], properties: new Map([['turned', 'yes']]) });
    return 'turned';
  };
  const turned = Buffer.from(bytes.toReversed());

  test('are gone with it: queued, and the task says so; fetched anew they are changed once', async () => {
    const seen = new Set<unknown>();
    for (const moment of await momentsFor('web-download', [turning])) {
      const nodes = openNodes({ plugins: [turning] });
      const { id } = await dying(nodes, moment, 'web-download');
      for (let round = 0; round < 2; round += 1) {
        await nodes.service.clock.advance(leaseSeconds + 1);
        await recoverBy(nodes.second);
      }
      const { status, task, message } = await outcome(nodes, id);
      seen.add(task);
      if (status === 'active') expect(nodes.service.store.objects.get(`memory://fast/${id}`)).toEqual(turned);
      else if (task !== undefined)
        expect([status, message]).toEqual(['queued', expect.stringContaining('import again')]);
      expectNoWorkLeft(nodes);
    }
    expect(seen).toEqual(new Set([undefined, 'success', 'failure']));
  });

  test('are there when it comes back: changed once', async () => {
    for (const moment of await momentsFor('web-download', [turning])) {
      const nodes = openNodes({ plugins: [turning] });
      const { id } = await dying(nodes, moment, 'web-download');
      await nodes.service.clock.advance(leaseSeconds + 1);
      const { jobs } = nodes.second;
      await recoverBy({ ...nodes.first, jobs, parts: { ...nodes.first.parts, jobs } });
      const { status, task } = await outcome(nodes, id);
      if (task === undefined) continue;
      expect({ moment, status, task }).toEqual({ moment, status: 'active', task: 'success' });
      expect(nodes.service.store.objects.get(`memory://fast/${id}`)).toEqual(turned);
      expectNoWorkLeft(nodes);
    }
  });
});

test('Data that are not the same any more when they are fetched anew do not get beside those stored before', async () => {
  const nodes = openNodes();
  const moments = await momentsFor('web-download');
  let refused = 0;
  for (const moment of moments) {
    const each = openNodes();
    const { id } = await dying(each, moment, 'web-download');
    each.service.web.pages.set(uri, { bytes: randomBytes(bytes.byteLength) });
    for (let round = 0; round < 2; round += 1) {
      await each.service.clock.advance(leaseSeconds + 1);
      await recoverBy(each.second);
    }
    const { status, task, message } = await outcome(each, id);
    if (task === 'failure') {
      refused += 1;
      expect([status, message]).toEqual(['queued', expect.stringContaining('fetched once more')]);
    } else if (task !== undefined) {
      const stored = ['fast', 'slow'].map((name) =>
        each.service.stores.get(name)?.objects.get(`memory://${name}/${id}`),
      );
      expect(stored[0]).toEqual(stored[1]);
    }
    expectNoWorkLeft(each);
  }
  expect(refused).toBeGreaterThan(0);
  expectNoWorkLeft(nodes);
});
