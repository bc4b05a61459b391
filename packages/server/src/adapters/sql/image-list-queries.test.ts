import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arbitraryListQuery, arbitraryStoredImages } from '../../domain/images/image-samples.testing.ts';
import type { StoredImage } from '../../domain/images/list-model.testing.ts';
import { listStoredImages } from '../../domain/images/list-model.testing.ts';
import { sqlDatabaseSchema } from './database-schema.ts';
import type { SqlDatabase } from './dialect.ts';
import { sqlImageRepository } from './image-repository.ts';
import { sqlMemberRepository } from './member-repository.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';

const at = new Date('2026-03-01T09:00:00Z');

describe('the image list in SQL', () => {
  let database: SqlDatabase;

  beforeAll(async () => {
    database = openSqlite(':memory:');
    await sqlDatabaseSchema(database).sync();
  });

  afterAll(() => database.close());

  async function refill(stored: readonly StoredImage[]): Promise<void> {
    for (const table of ['image_members', 'image_tags', 'image_properties', 'image_locations', 'images'] as const) {
      await database.db.deleteFrom(table).execute();
    }
    const images = sqlImageRepository(database);
    const members = sqlMemberRepository(database);
    for (const { image, members: rows } of stored) {
      await images.create(image);
      for (const row of rows) {
        await members.create(image.id, row.memberId, at);
        await members.update(image.id, row.memberId, row.status, at);
      }
    }
  }

  test('gives the same page as filtering, sorting and cutting an array', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryStoredImages,
        fc.array(arbitraryListQuery, { minLength: 1, maxLength: 12 }),
        async (stored, queries) => {
          await refill(stored);
          for (const query of queries) {
            const page = await sqlImageRepository(database).list({ ...query, marker: null });
            const expected = listStoredImages(stored, { ...query, marker: null });
            expect(page.map((image) => image.id)).toEqual(expected.map((image) => image.id));
            expect(page).toEqual(expected.map((image) => ({ ...image, tags: image.tags })));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('continues behind any marker exactly where the array does', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryStoredImages, arbitraryListQuery, async (stored, query) => {
        await refill(stored);
        for (const { image } of stored) {
          const continued = { ...query, marker: image.id };
          const page = await sqlImageRepository(database).list(continued);
          expect(page.map(({ id }) => id)).toEqual(listStoredImages(stored, continued).map(({ id }) => id));
        }
      }),
      { numRuns: 60 },
    );
  });
});
