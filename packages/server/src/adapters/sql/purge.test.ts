import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { admin, deleteRecord, deletionOf, later, newSample } from '../../ports/image-repository.conformance.ts';
import type { OpenedRecords } from '../../ports/image-repository.conformance.ts';
import type { SqlDatabase } from './dialect.ts';
import { openRecords } from './open-records.testing.ts';
import { purgeImages, purgeRows } from './purge.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';

/** After the time by which the conformance suite deletes. */
const before = new Date('2026-03-02T00:00:00Z');
const all = { before, maxRows: -1 };

let database: SqlDatabase;
let records: OpenedRecords;
beforeEach(async () => {
  database = openSqlite(':memory:');
  records = await openRecords([database]);
});
afterEach(() => records.close());

async function deletedImage(): Promise<string> {
  const image = newSample({
    tags: ['a', 'b'],
    properties: new Map([['p', '1']]),
    locations: [{ url: 'file:///x', metadata: {} }],
  });
  await records.images.create(image);
  await records.members.create(image.id, 'friend', { at: image.createdAt, quota: -1 });
  await deleteRecord(records, image.id);
  return image.id;
}

function count(table: 'images' | 'image_tags' | 'image_properties' | 'tasks' | 'task_info'): Promise<number> {
  return database.db
    .selectFrom(table)
    .selectAll()
    .execute()
    .then((rows) => rows.length);
}

describe('Purging', () => {
  test('removes what hung on deleted images, and keeps the images', async () => {
    await deletedImage();
    expect(await purgeRows(database, all)).toEqual(
      new Map([
        ['image_properties', 1],
        ['image_tags', 2],
        ['image_locations', 1],
        ['image_members', 1],
        ['tasks', 0],
      ]),
    );
    expect(await count('images')).toBe(1);
    expect(await count('image_tags')).toBe(0);
  });

  test('never removes what is alive, even a property that was deleted once and revived by another server', async () => {
    const image = newSample({ properties: new Map([['p', '1']]) });
    await records.images.create(image);
    await database.db.updateTable('image_properties').set({ deleted_at: '2020-01-01 00:00:00.000000' }).execute();
    expect([...(await purgeRows(database, all)).values()]).toEqual([0, 0, 0, 0, 0]);
    expect(await count('image_properties')).toBe(1);
  });

  test('takes only what was deleted before the time, and no more rows of a table than asked for', async () => {
    await deletedImage();
    await deletedImage();
    expect(
      (await purgeRows(database, { before: new Date('2026-03-01T00:00:00Z'), maxRows: -1 })).get('image_tags'),
    ).toBe(0);
    expect((await purgeRows(database, { before, maxRows: 3 })).get('image_tags')).toBe(3);
    expect(await count('image_tags')).toBe(1);
  });

  test('removes expired tasks with what is said of them', async () => {
    const expiresAt = new Date('2026-03-01T09:00:00Z');
    const id = randomUUID();
    const times = { expiresAt, createdAt: expiresAt, updatedAt: expiresAt };
    const ids = { imageId: null, requestId: null, userId: null };
    const task = { id, type: 'import', status: 'success', owner: 'own', ...times, ...ids } as const;
    const work = { ...deletionOf(randomUUID()), kind: 'task', attemptId: id } as const;
    await records.work.recordTask(work, { ...task, input: {}, result: null, message: '' }, expiresAt);
    await records.tasks.expire('own', expiresAt);
    expect((await purgeRows(database, all)).get('tasks')).toBe(1);
    expect([await count('tasks'), await count('task_info')]).toEqual([0, 0]);
  });

  test('leaves an image that can be restored with all that hangs on it, and data that wait', async () => {
    const restorable = newSample({
      status: 'active',
      tags: ['a'],
      properties: new Map([['p', '1']]),
      locations: [{ url: 'file:///x', metadata: {} }],
    });
    await records.images.create(restorable);
    await records.members.create(restorable.id, 'friend', { at: restorable.createdAt, quota: -1 });
    const deletion = deletionOf(restorable.id);
    await records.work.beginDelete(deletion, () => undefined);
    await records.work.finishDelete(deletion, later, 'pending_delete');
    const [one, two] = ['one', 'two'].map((name) => ({ url: `file:///${name}`, metadata: {} }));
    if (one === undefined || two === undefined) throw new Error('There are two.');
    const dropping = newSample({ status: 'active', locations: [one, two] });
    await records.images.create(dropping);
    const scrub = deletionOf(dropping.id, { kind: 'scrub' });
    await records.images.update(dropping, { ...dropping, locations: [one] }, { scrub });
    await deleteRecord(records, dropping.id);
    const purged = await purgeRows(database, all);
    expect([...purged]).toEqual([
      ['image_properties', 0],
      ['image_tags', 0],
      ['image_locations', 1],
      ['image_members', 0],
      ['tasks', 0],
    ]);
    expect(await purgeImages(database, all)).toEqual(new Map([['images', 0]]));
    expect((await records.scrub.listWaiting(scrub))?.locations).toEqual([two]);
    expect(await records.scrub.restore(restorable.id, ['file:///x'], before)).toBe(true);
    const { tags, properties, locations } = restorable;
    expect(await records.images.show(admin, restorable.id)).toMatchObject({ tags, properties, locations });
    expect(await records.members.list(restorable.id)).toHaveLength(1);
  });

  test('of images needs their children purged first; then the ids are free for ever', async () => {
    await deletedImage();
    await expect(purgeImages(database, all)).rejects.toThrow();
    expect(await count('images')).toBe(1);
    await purgeRows(database, all);
    expect(await purgeImages(database, all)).toEqual(new Map([['images', 1]]));
    expect(await count('images')).toBe(0);
  });
});
