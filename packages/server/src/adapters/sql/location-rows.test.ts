/** Rows of locations as a Glance leaves them, and as we leave them for it. Contract 12 §3, §6, §7. */
import { sql } from 'kysely';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admin, deletionOf, later, newSample } from '../../ports/image-repository.conformance.ts';
import { sqlDatabaseSchema } from './database-schema.ts';
import type { SqlDatabase } from './dialect.ts';
import { sqlImageRepository } from './image-repository.ts';
import { sqlImageWorkRepository } from './image-work-repository.ts';
import { encryptedUrls } from './location-urls.ts';
import { sqlScrubRepository } from './scrub-repository.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';

const key = '0123456789abcdef';
const at = new Date('2026-03-01T11:00:00Z');
const stamps = { created_at: '2026-01-01 00:00:00.000000', updated_at: '2026-01-01 00:00:00.000000' };
const live = { ...stamps, deleted_at: null, deleted: 0 };

describe('Rows of locations', () => {
  let database: SqlDatabase;
  const urls = encryptedUrls(key);

  beforeAll(async () => {
    database = openSqlite(':memory:', { urls });
    await sqlDatabaseSchema(database).sync();
  });

  afterAll(() => database.close());

  function rowsOf(imageId: string) {
    return database.db
      .selectFrom('image_locations')
      .selectAll()
      .where('image_id', '=', imageId)
      .orderBy('id')
      .execute();
  }

  async function insertImage(columns: Readonly<Record<string, unknown>>): Promise<string> {
    const id = randomUUID();
    const row = { id, min_disk: 0, min_ram: 0, visibility: 'public', ...live, ...columns };
    await sql`insert into images (${sql.join(Object.keys(row).map((name) => sql.ref(name)))})
      values (${sql.join(Object.values(row))})`.execute(database.db);
    return id;
  }

  /** As Glance's delayed deletion leaves an image: the locations first, each with a time of its own. */
  async function deletedByGlance(): Promise<string> {
    const id = await insertImage({ status: 'pending_delete', deleted: 1, deleted_at: '2026-02-01 00:00:01.000000' });
    const waiting = { status: 'pending_delete', ...stamps, deleted_at: '2026-02-01 00:00:00.500000', deleted: 1 };
    await database.db
      .insertInto('image_locations')
      .values([
        { image_id: id, value: urls.seal('file:///one'), meta_data: '{"store": "s"}', ...waiting },
        { image_id: id, value: 'file:///two', meta_data: '{}', ...waiting },
      ])
      .execute();
    return id;
  }

  test('have encrypted URLs, and are found by them all the same', async () => {
    const images = sqlImageRepository(database);
    const [one, two] = ['one', 'two'].map((name) => ({ url: `http://secret/${name}`, metadata: {} }));
    if (one === undefined || two === undefined) throw new Error('There are two.');
    const image = newSample({ status: 'active', locations: [one, two] });
    await images.create(image);
    const { length: revealing } = (await rowsOf(image.id)).filter(({ value }) => value.includes('secret'));
    expect(revealing).toBe(0);
    await images.changeStatus(image.id, { from: ['active'], removedUrls: [one.url] }, at);
    expect((await images.show(admin, image.id))?.locations).toEqual([two]);
    expect((await rowsOf(image.id)).map(({ status }) => status)).toEqual(['deleted', 'active']);
  });

  test('with URLs in clear are read beside encrypted ones, and those without a live row are not', async () => {
    const id = await insertImage({ status: 'active' });
    await database.db
      .insertInto('image_locations')
      .values([
        { image_id: id, value: 'file:///clear', meta_data: '{}', status: 'active', ...live },
        { image_id: id, value: urls.seal('file:///sealed'), meta_data: '{}', status: 'active', ...live },
        { image_id: id, value: urls.seal('file:///pending'), meta_data: '{}', status: 'pending', ...live },
      ])
      .execute();
    const image = await sqlImageRepository(database).show(admin, id);
    expect(image?.locations.map(({ url }) => url)).toEqual(['file:///clear', 'file:///sealed']);
  });

  test('keep what is noted about work as secret as they are', async () => {
    const image = newSample();
    await sqlImageRepository(database).create(image);
    const work = deletionOf(image.id, { kind: 'upload', progress: '{"url":"http://user:secret@host"}' });
    await sqlImageWorkRepository(database).beginUpload(work, at);
    const row = await database.db.selectFrom('lucarne_image_work').selectAll().executeTakeFirst();
    expect(row?.progress).not.toContain('secret');
    expect(await sqlImageWorkRepository(database).listExpired(later)).toEqual([work]);
    await sqlImageWorkRepository(database).undoUpload(work, at);
  });

  test('of an image whose deletion we put off are as Glance leaves them for its scrubber', async () => {
    const image = newSample({ status: 'active', locations: [{ url: 'file:///x', metadata: {} }] });
    await sqlImageRepository(database).create(image);
    const deletion = deletionOf(image.id);
    const work = sqlImageWorkRepository(database);
    await work.beginDelete(deletion, () => undefined);
    await work.finishDelete(deletion, later, 'pending_delete');
    const stamp = { status: 'pending_delete', deleted: 1n, deleted_at: '2026-03-01 10:00:00.123000' };
    expect(await rowsOf(image.id)).toMatchObject([stamp]);
    const row = await database.db.selectFrom('images').selectAll().where('id', '=', image.id).executeTakeFirst();
    expect(row).toMatchObject(stamp);
    await sqlScrubRepository(database).restore(image.id, ['file:///x'], at);
    const restored = { status: 'active', deleted: 0n, deleted_at: null };
    expect(await rowsOf(image.id)).toMatchObject([restored]);
    const after = await database.db.selectFrom('images').selectAll().where('id', '=', image.id).executeTakeFirst();
    expect(after).toMatchObject(restored);
  });

  test('of an image whose deletion Glance put off are removed by us, and the image is deleted then', async () => {
    const id = await deletedByGlance();
    const scrub = sqlScrubRepository(database);
    expect(await scrub.listDue(at)).toContain(id);
    const work = deletionOf(id, { kind: 'scrub' });
    expect(await scrub.begin(work, at)).toBe(true);
    const found = await scrub.listWaiting(work);
    expect(found?.locations).toEqual([
      { url: 'file:///one', metadata: { store: 's' } },
      { url: 'file:///two', metadata: {} },
    ]);
    for (const { url } of found?.locations ?? []) await scrub.markRemoved(work, url, at);
    await scrub.end(work, at);
    const row = await database.db.selectFrom('images').selectAll().where('id', '=', id).executeTakeFirst();
    expect(row).toMatchObject({ status: 'deleted', deleted: 1n, deleted_at: '2026-02-01 00:00:01.000000' });
    expect((await rowsOf(id)).map(({ status }) => status)).toEqual(['deleted', 'deleted']);
  });

  test('of an image whose deletion Glance put off are restored by us', async () => {
    const id = await deletedByGlance();
    const scrub = sqlScrubRepository(database);
    expect(await scrub.restore(id, ['file:///two'], at)).toBe(true);
    const image = await sqlImageRepository(database).show(admin, id);
    expect(image).toMatchObject({ status: 'active', locations: [{ url: 'file:///two', metadata: {} }] });
  });

  test('that Glance dropped from an image and left to its scrubber, which never finds them, are due', async () => {
    const id = await insertImage({ status: 'active' });
    const dropped = { ...stamps, deleted_at: stamps.updated_at, deleted: 1 };
    await database.db
      .insertInto('image_locations')
      .values({ image_id: id, value: 'file:///x', meta_data: '{}', status: 'pending_delete', ...dropped })
      .execute();
    expect(await sqlScrubRepository(database).listDue(new Date(0))).toEqual([id]);
  });

  test('of an image that Glance has not finished deleting are left to it', async () => {
    const id = await insertImage({ status: 'pending_delete' });
    const scrub = sqlScrubRepository(database);
    expect(await scrub.begin(deletionOf(id, { kind: 'scrub' }), at)).toBe(false);
    expect(await scrub.findDeleted(id)).toEqual({ kind: 'gone' });
  });
});
