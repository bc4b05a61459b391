import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { conflict } from '../../domain/errors.ts';
import { admin, newSample } from '../../ports/image-repository.conformance.ts';
import type { ImageRepository } from '../../ports/image-repository.ts';
import { sqlDatabaseSchema } from './database-schema.ts';
import type { SqlDatabase, SqlDialect } from './dialect.ts';
import { sqlImageRepository } from './image-repository.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';
import { reading, writing } from './transactions.ts';
import { outcomeOf } from '../../ports/outcome.testing.ts';

const tag = 'while locked';

describe('A database that is in the way', () => {
  let folder: string;
  let path: string;
  let database: SqlDatabase;
  let other: Database.Database;
  let images: ImageRepository;
  const image = newSample();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lucarne-transactions-'));
    path = join(folder, 'images.db');
    database = openSqlite(path, { patienceMilliseconds: 200 });
    await sqlDatabaseSchema(database).sync();
    images = sqlImageRepository(database);
    await images.create(image);
    other = new Database(path);
  });

  afterEach(async () => {
    other.close();
    await database.close();
    await rm(folder, { recursive: true });
  });

  test('because somebody else writes lets reads go on and holds writes up until it is free', async () => {
    other.exec('begin immediate');
    const written = images.addTag(image.id, tag, { at: new Date(), quota: -1 });
    expect(await images.show(admin, image.id)).toEqual(image);
    other.exec('commit');
    await written;
    expect((await images.show(admin, image.id))?.tags).toEqual([tag]);
  });

  test('for longer than anybody has patience refuses the write and leaves nothing of it: unavailable', async () => {
    other.exec('begin immediate');
    expect(await outcomeOf(images.addTag(image.id, tag, { at: new Date(), quota: -1 }))).toBe('unavailable');
    other.exec('rollback');
    expect(await images.show(admin, image.id)).toEqual(image);
    await images.addTag(image.id, tag, { at: new Date(), quota: -1 });
  });

  test('is asked again by one write at a time, however many wait: unavailable', async () => {
    let tries = 0;
    const dialect: SqlDialect = {
      ...database.dialect,
      isTransient(error) {
        tries += 1;
        return database.dialect.isTransient(error);
      },
    };
    const counted = sqlImageRepository({ ...database, dialect });
    other.exec('begin immediate');
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => outcomeOf(counted.addTag(image.id, tag, { at: new Date(), quota: -1 }))),
    );
    expect(new Set(outcomes)).toEqual(new Set(['unavailable']));
    // One every 25 ms at most, for 200 ms; each try holds the whole process up.
    expect(tries).toBeLessThan(12);
  });

  test('because somebody locks everything refuses reads too: unavailable; afterwards all is well', async () => {
    await database.close();
    // As a file of Glance's is: only there a writer locks readers out.
    other.pragma('journal_mode = DELETE');
    database = openSqlite(path, { patienceMilliseconds: 60 });
    images = sqlImageRepository(database);
    other.exec('begin exclusive');
    expect(await outcomeOf(images.show(admin, image.id))).toBe('unavailable');
    expect(await outcomeOf(images.addTag(image.id, tag, { at: new Date(), quota: -1 }))).toBe('unavailable');
    other.exec('rollback');
    expect(await images.show(admin, image.id)).toEqual(image);
    expect(other.pragma('journal_mode', { simple: true })).toBe('delete');
  });

  test('because the disk is full refuses the write and leaves nothing of it: unavailable', async () => {
    const pages = other.pragma('page_count', { simple: true });
    await sql.raw(`pragma max_page_count = ${Number(pages) + 5}`).execute(database.db);
    const large = { ...image, name: 'large', properties: new Map([['p', 'x'.repeat(60_000)]]) };
    expect(await outcomeOf(images.update(image, large))).toBe('unavailable');
    expect(await images.show(admin, image.id)).toEqual(image);
    await images.addTag(image.id, tag, { at: new Date(), quota: -1 });
  });

  test('raises what the work itself raises, after it was rolled back', async () => {
    const raised = writing(database, async (transaction) => {
      await transaction.updateTable('images').set({ name: 'half' }).execute();
      throw conflict('no');
    });
    expect(await outcomeOf(raised)).toBe('conflict');
    expect(await images.show(admin, image.id)).toEqual(image);
  });

  test('belongs to a writer from the first thing it reads', async () => {
    let times = 0;
    other.pragma('busy_timeout = 0');
    await writing(database, async (transaction) => {
      times += 1;
      await transaction.selectFrom('images').select('name').executeTakeFirst();
      expect(() => other.exec("update images set name = 'meanwhile'")).toThrow('locked');
      await transaction.updateTable('images').set({ name: 'mine' }).execute();
    });
    expect(times).toBe(1);
    expect((await images.show(admin, image.id))?.name).toBe('mine');
  });

  test('gives a reader one state, whatever is written meanwhile', async () => {
    const names = await reading(database, async (snapshot) => {
      const before = await snapshot.selectFrom('images').select('name').executeTakeFirst();
      other.exec("update images set name = 'meanwhile'");
      const after = await snapshot.selectFrom('images').select('name').executeTakeFirst();
      return [before?.name, after?.name];
    });
    expect(names).toEqual(['sample', 'sample']);
    expect((await images.show(admin, image.id))?.name).toBe('meanwhile');
  });
});
