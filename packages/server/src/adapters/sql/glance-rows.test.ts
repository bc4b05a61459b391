/** Rows as a Glance leaves them: what we read out of them, and what we leave behind for it. Contract 12 §3, §7, §10. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomUUID } from 'node:crypto';
import { admin, deletionOf, later, newSample } from '../../ports/image-repository.conformance.ts';
import type { ImageRepository } from '../../ports/image-repository.ts';
import type { ImageListQuery } from '../../domain/images/list-query.ts';
import { sqlDatabaseSchema } from './database-schema.ts';
import type { SqlDatabase } from './dialect.ts';
import { sqlImageRepository } from './image-repository.ts';
import { sqlImageWorkRepository } from './image-work-repository.ts';
import { sqlMemberRepository } from './member-repository.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';
import type { Tables } from './tables.ts';

const time = '2026-01-02 03:04:05.678901';
const live = { created_at: time, updated_at: time, deleted_at: null, deleted: 0 };
const revived = { ...live, deleted_at: '2025-01-01 00:00:00.000000' };
const removed = { ...revived, deleted: 1 };

describe('Rows of a Glance', () => {
  let database: SqlDatabase;
  let images: ImageRepository;

  beforeAll(async () => {
    database = openSqlite(':memory:');
    await sqlDatabaseSchema(database).sync();
    images = sqlImageRepository(database);
  });

  afterAll(() => database.close());

  async function insertImage(columns: Partial<Record<keyof Tables['images'], unknown>> = {}): Promise<string> {
    const id = randomUUID();
    const row = { id, status: 'active', min_disk: 0, min_ram: 0, visibility: 'public', ...live, ...columns };
    await sql`insert into images (${sql.join(Object.keys(row).map((name) => sql.ref(name)))})
      values (${sql.join(Object.values(row))})`.execute(database.db);
    return id;
  }

  function rowsOf(table: 'image_properties' | 'image_members' | 'image_tags' | 'image_locations', imageId: string) {
    return database.db.selectFrom(table).selectAll().where('image_id', '=', imageId).orderBy('id').execute();
  }

  test('give an image with its defaults; a time of change that is missing is the time of creation', async () => {
    const id = await insertImage({ updated_at: null });
    expect(await images.show(admin, id)).toEqual({
      id,
      name: null,
      status: 'active',
      visibility: 'public',
      protected: false,
      hidden: false,
      owner: null,
      diskFormat: null,
      containerFormat: null,
      minDiskGib: 0,
      minRamMib: 0,
      sizeBytes: null,
      virtualSizeBytes: null,
      checksum: null,
      hashAlgorithm: null,
      hashValue: null,
      createdAt: new Date('2026-01-02T03:04:05.678Z'),
      updatedAt: new Date('2026-01-02T03:04:05.678Z'),
      properties: new Map(),
      tags: [],
      locations: [],
    });
  });

  test('count as live by deleted alone: revived rows have a deleted_at', async () => {
    const id = await insertImage();
    await database.db
      .insertInto('image_properties')
      .values([
        { image_id: id, name: 'live', value: '1', ...live },
        { image_id: id, name: 'revived', value: '2', ...revived },
        { image_id: id, name: 'removed', value: '3', ...removed },
        { image_id: id, name: 'null', value: null, ...live },
      ])
      .execute();
    await database.db
      .insertInto('image_tags')
      .values([
        { image_id: id, value: 'removed', ...removed },
        { image_id: id, value: 'twice', ...live },
        { image_id: id, value: 'twice', ...revived },
        { image_id: id, value: 'removed and added', ...removed },
        { image_id: id, value: 'removed and added', ...live },
      ])
      .execute();
    const member = { image_id: id, status: 'accepted', can_share: 0 };
    await database.db
      .insertInto('image_members')
      .values([
        { ...member, member: 'revived', ...revived },
        { ...member, member: 'removed', ...removed },
        { ...member, member: 'twice', ...removed },
        { ...member, member: 'twice', ...live },
      ])
      .execute();
    const image = await images.show(admin, id);
    expect(image?.properties).toEqual(
      new Map([
        ['live', '1'],
        ['revived', '2'],
        ['null', null],
      ]),
    );
    expect(image?.tags).toEqual(['twice', 'removed and added']);
    const members = await sqlMemberRepository(database).list(id);
    expect(members.map(({ memberId }) => memberId)).toEqual(['revived', 'twice']);
  });

  test.each([
    [null, {}],
    ['', {}],
    ['{}', {}],
    ['{"store": "fast"}', { store: 'fast' }],
    ['{"backend": "fast"}', { backend: 'fast' }],
    ['{"store": "\\u00e9", "validation_data": {"checksum": "c"}}', { store: 'é', validation_data: { checksum: 'c' } }],
    ['[]', {}],
    ['"text"', {}],
    ['null', {}],
    ['{broken', {}],
  ])('may hold %s as meta_data of a location', async (text, metadata) => {
    const id = await insertImage();
    await database.db
      .insertInto('image_locations')
      .values([
        { image_id: id, value: 'file:///live', meta_data: text, status: 'active', ...revived },
        { image_id: id, value: 'file:///dropped', meta_data: text, status: 'deleted', ...removed },
        { image_id: id, value: 'file:///waiting', meta_data: text, status: 'pending_delete', ...removed },
        { image_id: id, value: 'file:///odd', meta_data: text, status: 'pending_delete', ...live },
      ])
      .execute();
    expect((await images.show(admin, id))?.locations).toEqual([{ url: 'file:///live', metadata }]);
  });

  test('of an image whose deletion Glance has begun, or put off, do not exist', async () => {
    const begun = await insertImage({ status: 'deleted' });
    const delayed = await insertImage({ status: 'pending_delete', ...removed });
    for (const id of [begun, delayed]) {
      expect(await images.show(admin, id)).toBeUndefined();
      expect(await sqlImageWorkRepository(database).beginDelete(deletionOf(id), () => undefined)).toBeUndefined();
    }
  });

  test('that we revive are cleared of deleted_at, which a purge looks at', async () => {
    const before = newSample({ properties: new Map([['p', '1']]) });
    await images.create(before);
    const bare = await images.update(before, { ...before, properties: new Map(), updatedAt: later });
    await images.update(bare, { ...bare, properties: new Map([['p', '2']]), updatedAt: later });
    const members = sqlMemberRepository(database);
    await members.create(before.id, 'm', { at: later, quota: -1 });
    await members.delete(before.id, 'm', later);
    await members.create(before.id, 'm', { at: later, quota: -1 });
    const properties = await rowsOf('image_properties', before.id);
    expect(properties).toMatchObject([{ name: 'p', value: '2', deleted: 0n, deleted_at: null }]);
    expect(await rowsOf('image_members', before.id)).toMatchObject([{ deleted: 0n, deleted_at: null }]);
  });

  test('of a deleted image all carry one time stamp', async () => {
    const image = newSample({
      properties: new Map([['p', '1']]),
      tags: ['t'],
      locations: [{ url: 'file:///x', metadata: {} }],
    });
    await images.create(image);
    await sqlMemberRepository(database).create(image.id, 'm', { at: later, quota: -1 });
    const work = sqlImageWorkRepository(database);
    const deletion = deletionOf(image.id);
    await work.beginDelete(deletion, () => undefined);
    await work.finishDelete(deletion, later);
    const stamp = { deleted: 1n, deleted_at: '2026-03-01 10:00:00.123000' };
    const row = await database.db.selectFrom('images').selectAll().where('id', '=', image.id).executeTakeFirst();
    expect(row).toMatchObject({ status: 'deleted', ...stamp });
    for (const table of ['image_properties', 'image_members', 'image_tags'] as const) {
      expect(await rowsOf(table, image.id)).toMatchObject([stamp]);
    }
    expect(await rowsOf('image_locations', image.id)).toMatchObject([{ ...stamp, status: 'deleted' }]);
  });

  test('that we write have times of six digits and JSON a Glance can read', async () => {
    const image = newSample({ locations: [{ url: 'file:///x', metadata: { store: 'fast' } }] });
    await images.create(image);
    const row = await database.db.selectFrom('images').selectAll().where('id', '=', image.id).executeTakeFirst();
    expect(row?.created_at).toBe('2026-03-01 09:00:00.000000');
    expect(await rowsOf('image_locations', image.id)).toMatchObject([{ meta_data: '{"store":"fast"}' }]);
  });

  describe('in a list', () => {
    const query: ImageListQuery = {
      viewer: { isAdmin: false, projectId: 'lister' },
      visibility: null,
      memberStatus: 'accepted',
      hidden: false,
      filters: [],
      sort: [],
      limit: 2,
      marker: null,
    };

    async function allPages(sort: ImageListQuery['sort']): Promise<readonly string[]> {
      const seen: string[] = [];
      for (let marker: string | null = null; seen.length < 100;) {
        const page = await images.list({ ...query, sort, marker });
        seen.push(...page.map(({ id }) => id));
        marker = page.at(-1)?.id ?? null;
        if (marker === null) break;
      }
      return seen;
    }

    test.each(['asc', 'desc'] as const)(
      'are neither skipped nor repeated when times differ by microseconds or are missing (%s)',
      async (direction) => {
        await database.db.updateTable('images').set({ deleted: 1 }).execute();
        const ids: string[] = [];
        for (const micros of ['000000', '000001', '000002', '000999', '001000', '999999', '000001', '000001']) {
          const stamp = `2026-05-05 05:05:05.${micros}`;
          const updated = ids.length % 3 === 0 ? null : stamp;
          ids.push(await insertImage({ owner: 'lister', created_at: stamp, updated_at: updated }));
        }
        for (const key of ['created_at', 'updated_at'] as const) {
          const tie = key === 'created_at' ? [] : [{ key: 'created_at', direction } as const];
          const seen = await allPages([{ key, direction }, ...tie, { key: 'id', direction }]);
          expect(seen).toHaveLength(ids.length);
          expect(new Set(seen)).toEqual(new Set(ids));
        }
      },
    );

    test('are found by their time of change, or of creation when nothing changed them', async () => {
      await database.db.updateTable('images').set({ deleted: 1 }).execute();
      const id = await insertImage({ created_at: '2026-05-05 05:05:05.000000', updated_at: null });
      const value = new Date('2026-05-05T05:05:05Z');
      for (const operator of ['eq', 'gte', 'lte'] as const) {
        const page = await images.list({
          ...query,
          filters: [{ kind: 'time', column: 'updated_at', operator, value }],
        });
        expect(page.map((image) => image.id)).toEqual([id]);
      }
      for (const operator of ['neq', 'gt', 'lt'] as const) {
        const filters = [{ kind: 'time', column: 'updated_at', operator, value } as const];
        expect(await images.list({ ...query, filters })).toEqual([]);
      }
    });

    test('come complete on a page of thousands, more than one statement can name', async () => {
      await database.db.updateTable('images').set({ deleted: 1 }).execute();
      await sql`
        with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 33000)
        insert into images (id, status, min_disk, min_ram, visibility, owner, created_at, deleted)
        select printf('%036d', n), 'active', 0, 0, 'private', 'lister', ${time}, 0 from numbers
      `.execute(database.db);
      await sql`
        insert into image_tags (image_id, value, created_at, deleted)
        select id, 'tag of ' || id, created_at, 0 from images where owner = 'lister' and deleted = 0
      `.execute(database.db);
      const page = await images.list({ ...query, sort: [{ key: 'id', direction: 'asc' }], limit: 40_000 });
      expect(page).toHaveLength(33_000);
      expect(page.every(({ id, tags }) => tags[0] === `tag of ${id}`)).toBe(true);
    });
  });
});
