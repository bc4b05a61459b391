/** What every keeper of tasks and of the work on them must do, as the two ports promise it. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Image } from '../domain/images/image.ts';
import type { TaskListQuery } from '../domain/tasks/task-list.ts';
import type { Task } from '../domain/tasks/task.ts';
import { admin, deletionOf, later, newSample } from './image-repository.conformance.ts';
import type { OpenedRecords } from './image-repository.conformance.ts';
import type { ImageWork, TaskBeginning } from './image-work-repository.ts';
import { outcomeOf } from './outcome.testing.ts';

const at = new Date('2026-03-01T09:30:00.250Z');
const expiresAt = new Date('2026-03-01T09:31:00.500Z');
const project = { isAdmin: false, projectId: 'own' };
const lock = 'os_glance_import_task';

function newTask(overrides: Partial<Task> = {}): Task {
  return {
    id: randomUUID(),
    type: 'api_image_import',
    status: 'pending',
    owner: 'own',
    expiresAt: null,
    createdAt: at,
    updatedAt: at,
    imageId: null,
    requestId: 'req-1',
    userId: 'alice',
    input: { backend: ['slow'], text: 'grüße', number: 1.5 },
    result: null,
    message: '',
    ...overrides,
  };
}

function anyTasks(overrides: Partial<TaskListQuery> = {}): TaskListQuery {
  const page = { sortColumn: 'created_at', direction: 'desc', limit: 100, marker: null } as const;
  return { viewer: admin, status: null, type: null, exact: new Map(), ...page, ...overrides };
}

export function describeTaskConformance(name: string, open: () => Promise<OpenedRecords>): void {
  describe(`${name} as a keeper of tasks`, () => {
    let opened: OpenedRecords;
    beforeAll(async () => void (opened = await open()));
    beforeEach(() => opened.clear());
    afterAll(() => opened.close());

    async function newImage(overrides: Partial<Image> = {}): Promise<Image> {
      const image = newSample({ status: 'queued', ...overrides });
      await opened.images.create(image);
      return image;
    }

    function workOf(task: Task, imageId: string): ImageWork {
      return { ...deletionOf(imageId), kind: 'task', attemptId: task.id, progress: 'begun', expiresAt };
    }

    async function begin(image: Image, task = newTask({ imageId: image.id }), isStale = (): boolean => false) {
      const work = workOf(task, image.id);
      const beginning = await opened.work.beginTask(work, { task, from: ['queued'], isStale }, at);
      return { task, work, beginning };
    }

    async function record(task: Task): Promise<ImageWork> {
      const work = workOf(task, randomUUID());
      await opened.work.recordTask(work, task, task.createdAt);
      return work;
    }

    function show(id: string): Promise<Image | undefined> {
      return opened.images.show(admin, id);
    }

    describe('a task', () => {
      test('is kept as it was given, for its project and administrators', async () => {
        const task = newTask({ result: { image_id: 'x' }, message: 'nothing' });
        await record(task);
        expect(await opened.tasks.show(admin, task.id)).toEqual(task);
        expect(await opened.tasks.show(project, task.id)).toEqual(task);
        expect(await opened.tasks.show({ isAdmin: false, projectId: 'other' }, task.id)).toBeUndefined();
        expect(await opened.tasks.show({ isAdmin: false, projectId: null }, task.id)).toBeUndefined();
        expect(await opened.tasks.show(admin, randomUUID())).toBeUndefined();
      });

      test('begins with the import lock of its image, and the work on it', async () => {
        const image = await newImage();
        const { task, work, beginning } = await begin(image);
        const locked = { ...image, properties: new Map([...image.properties, [lock, task.id]]) };
        expect(beginning).toEqual({ kind: 'begun', image: { ...locked, updatedAt: expect.any(Date) } });
        expect((await show(image.id))?.properties.get(lock)).toBe(task.id);
        expect(await opened.work.listExpired(later)).toEqual([work]);
      });

      test.each<[Partial<Image>, TaskBeginning['kind']]>([
        [{ status: 'active' }, 'wrong-status'],
        [{ properties: new Map([[lock, 'another']]) }, 'locked'],
      ])('does not begin on an image with %j', async (overrides, kind) => {
        const image = await newImage(overrides);
        const { task, beginning } = await begin(image);
        expect(beginning.kind).toBe(kind);
        expect(await opened.tasks.show(admin, task.id)).toBeUndefined();
        expect(await opened.work.listExpired(later)).toEqual([]);
        expect(await show(image.id)).toEqual(image);
      });

      test('does not begin on an image nobody has', async () => {
        expect((await begin(newSample())).beginning.kind).toBe('image-gone');
      });

      test('is begun on an image by one of many', async () => {
        const image = await newImage();
        const beginnings = await Promise.all(
          [opened.work, opened.elsewhere.work, opened.work, opened.elsewhere.work].map((repository) => {
            const task = newTask({ imageId: image.id });
            return repository.beginTask(workOf(task, image.id), { task, from: ['queued'], isStale: () => false }, at);
          }),
        );
        expect(beginnings.map(({ kind }) => kind).toSorted()).toEqual(['begun', 'locked', 'locked', 'locked']);
      });

      test('takes the lock from a dead one, which fails, and whose stores are struck from the lists', async () => {
        const lists = [
          ['os_glance_importing_to_stores', 'fast,slow'],
          ['os_glance_failed_import', 'slow'],
        ] as const;
        const image = await newImage({ properties: new Map(lists) });
        const dead = await begin(image);
        let asked: Task | undefined;
        const next = newTask({ imageId: image.id });
        const start = {
          task: next,
          from: ['queued'] as const,
          isStale: (holder: Task | undefined) => {
            asked = holder;
            return true;
          },
        };
        expect((await opened.work.beginTask(workOf(next, image.id), start, later)).kind).toBe('begun');
        expect(asked).toEqual(dead.task);
        expect((await opened.tasks.show(admin, dead.task.id))?.status).toBe('failure');
        const properties = (await show(image.id))?.properties;
        expect(properties?.get(lock)).toBe(next.id);
        expect(properties?.get('os_glance_importing_to_stores')).toBe('fast');
        expect(properties?.get('os_glance_failed_import')).toBe('');
        expect(await opened.work.advanceTask(dead.work, {}, later)).toBe('lease-lost');
      });

      test('goes on by steps that are written whole: image, task and work', async () => {
        const image = await newImage({ properties: new Map([['gone', '1']]) });
        const { task, work } = await begin(image);
        const outcome = await opened.work.advanceTask(
          work,
          {
            image: {
              from: ['queued'],
              to: 'importing',
              diskFormat: 'qcow2',
              containerFormat: 'bare',
              sizeBytes: 7,
              addedLocations: [{ url: 'file:///a', metadata: { store: 'fast' } }],
              properties: new Map([
                ['new', '2'],
                ['gone', null],
              ]),
            },
            task: { status: 'processing', message: 'half', result: { done: 1 } },
            progress: 'further',
            expiresAt: later,
          },
          later,
        );
        expect(outcome).toBe('finished');
        expect(await show(image.id)).toEqual({
          ...image,
          status: 'importing',
          diskFormat: 'qcow2',
          containerFormat: 'bare',
          sizeBytes: 7,
          locations: [{ url: 'file:///a', metadata: { store: 'fast' } }],
          properties: new Map([
            [lock, task.id],
            ['new', '2'],
          ]),
          updatedAt: later,
        });
        const changed = { status: 'processing', message: 'half', result: { done: 1 }, updatedAt: later } as const;
        expect(await opened.tasks.show(admin, task.id)).toEqual({ ...task, ...changed });
        expect(await opened.work.listExpired(expiresAt)).toEqual([]);
        expect(await opened.work.listExpired(later)).toEqual([{ ...work, progress: 'further', expiresAt: later }]);
      });

      test('appends locations, and drops those it is told to', async () => {
        const locations = ['a', 'b'].map((path) => ({ url: `file:///${path}`, metadata: {} }));
        const image = await newImage({ locations });
        const { work } = await begin(image);
        const added = { url: 'file:///c', metadata: { store: 's' } };
        const step = { image: { from: ['queued'] as const, addedLocations: [added], removedUrls: ['file:///a'] } };
        expect(await opened.work.advanceTask(work, step, later)).toBe('finished');
        expect((await show(image.id))?.locations).toEqual([locations[1], added]);
      });

      test('writes nothing when the image is in another status, or gone', async () => {
        const image = await newImage();
        const { task, work } = await begin(image);
        const step = { image: { from: ['active'] as const }, task: { message: 'never' }, progress: 'never' };
        expect(await opened.work.advanceTask(work, step, later)).toBe('image-gone');
        expect(await opened.work.listExpired(later)).toEqual([work]);
        expect((await opened.tasks.show(admin, task.id))?.message).toBe('');
        await opened.work.beginDelete(deletionOf(image.id), () => undefined);
        const reachable = { ...step, image: { from: ['queued'] as const } };
        expect(await opened.work.advanceTask(work, reachable, later)).toBe('image-gone');
        expect(await opened.work.advanceTask(work, { task: { message: 'still' } }, later)).toBe('finished');
      });

      test('writes nothing when the project would store more than its quota, all copies counted', async () => {
        const image = await newImage({ owner: 'own', locations: [{ url: 'file:///a', metadata: {} }] });
        const { work } = await begin(image);
        const locations = [{ url: 'file:///b', metadata: {} }];
        const step = (maximum: number) => ({
          image: { from: ['queued'] as const, sizeBytes: 50, addedLocations: locations },
          limits: [{ resource: 'image_size_total', projectId: 'own', maximum, unit: 'bytes' }] as const,
        });
        expect(await outcomeOf(opened.work.advanceTask(work, step(99), later))).toBe('limitExceeded');
        expect(await show(image.id)).toMatchObject({ sizeBytes: image.sizeBytes });
        expect(await opened.work.advanceTask(work, step(100), later)).toBe('finished');
      });

      test('ends with its lease and its lock, once', async () => {
        const image = await newImage();
        const { task, work } = await begin(image);
        const end = { task: { status: 'success', expiresAt: later }, ends: true } as const;
        expect(await opened.work.advanceTask(work, end, later)).toBe('finished');
        expect((await show(image.id))?.properties.has(lock)).toBe(false);
        expect(await opened.work.listExpired(later)).toEqual([]);
        expect(await opened.tasks.show(admin, task.id)).toMatchObject({ status: 'success', expiresAt: later });
        expect(await opened.work.advanceTask(work, end, later)).toBe('lease-lost');
        expect((await begin(image)).beginning.kind).toBe('begun');
      });

      test('that was taken over is advanced by who has it now', async () => {
        const image = await newImage();
        const { work } = await begin(image);
        const lease = { leaseId: randomUUID(), expiresAt: later };
        expect(await opened.elsewhere.work.takeOver(work, lease)).toBe(true);
        expect(await opened.work.advanceTask(work, { progress: 'no' }, later)).toBe('lease-lost');
        expect(await opened.work.advanceTask({ ...work, ...lease }, { progress: 'yes' }, later)).toBe('finished');
      });
    });

    describe('a list of tasks', () => {
      test('holds those of an image that have not expired, oldest first', async () => {
        const imageId = randomUUID();
        const tasks = [
          newTask({ imageId, createdAt: later, updatedAt: later }),
          newTask({ imageId }),
          newTask({ imageId, status: 'success', expiresAt: at }),
          newTask({ imageId, owner: 'other' }),
          newTask(),
        ];
        for (const task of tasks) await record(task);
        const [second, first] = tasks;
        expect(await opened.tasks.listOfImage(project, imageId, at)).toEqual([first, second]);
        expect(await opened.tasks.listOfImage(admin, imageId, new Date(at.getTime() - 1))).toHaveLength(4);
      });

      test('forgets the expired tasks of a project', async () => {
        const mine = newTask({ expiresAt: at });
        const others = newTask({ expiresAt: at, owner: 'other' });
        const fresh = newTask({ expiresAt: later });
        for (const task of [mine, others, fresh]) await record(task);
        await opened.tasks.expire('own', at);
        expect(await opened.tasks.show(admin, mine.id)).toBeUndefined();
        expect(await opened.tasks.show(admin, others.id)).toEqual(others);
        expect(await opened.tasks.list(anyTasks({ viewer: project }))).toEqual([fresh]);
      });

      test('is narrowed and ordered as asked, page by page, without losing or repeating one', async () => {
        const statuses = ['pending', 'processing', 'success', 'failure'] as const;
        const tasks = Array.from({ length: 12 }, (_, index) =>
          newTask({
            status: statuses[index % 4] ?? 'pending',
            owner: index % 3 === 0 ? 'other' : 'own',
            createdAt: new Date(at.getTime() + (index % 5) * 1000),
            imageId: index % 2 === 0 ? 'even' : null,
            expiresAt: index % 4 > 1 ? later : null,
          }),
        );
        for (const task of tasks) await record(task);
        const columns = ['id', 'status', 'owner', 'expires_at', 'created_at', 'image_id'] as const;
        await fc.assert(
          fc.asyncProperty(
            fc.constantFrom(...columns),
            fc.constantFrom('asc', 'desc'),
            fc.constantFrom(...statuses, null),
            fc.integer({ min: 1, max: 5 }),
            async (sortColumn, direction, status, limit) => {
              const whole = await opened.tasks.list(anyTasks({ sortColumn, direction, status }));
              expect(whole).toHaveLength(tasks.filter((task) => status === null || task.status === status).length);
              const paged: Task[] = [];
              for (;;) {
                const marker = paged.at(-1)?.id ?? null;
                const page = await opened.tasks.list(anyTasks({ sortColumn, direction, status, limit, marker }));
                paged.push(...page);
                if (page.length < limit) break;
              }
              expect(paged).toEqual(whole);
            },
          ),
          { numRuns: 25 },
        );
        const exact = new Map([['image_id', 'even']] as const);
        expect(await opened.tasks.list(anyTasks({ exact }))).toHaveLength(6);
        expect(await opened.tasks.list(anyTasks({ viewer: project }))).toHaveLength(8);
      });
    });
  });
}
