/** How many statements a list costs: as many for a hundred images as for one. */
import type { KyselyPlugin } from 'kysely';
import { expect, test } from 'vitest';
import { sampleImage } from '../../domain/images/image-samples.testing.ts';
import { parseListParameters } from '../../domain/images/list-parameters.ts';
import { sqlDatabaseSchema } from './database-schema.ts';
import { sqlImageRepository } from './image-repository.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';

const viewer = { isAdmin: false, projectId: 'own' };

test.each([1, 30, 100])('a page of %i images is one query for the page and one for each child table', async (count) => {
  const database = openSqlite(':memory:');
  await sqlDatabaseSchema(database).sync();
  const images = sqlImageRepository(database);
  for (let index = 0; index < count; index += 1) {
    const id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
    await images.create(sampleImage({ id, tags: ['a', 'b'], properties: new Map([['os', 'debian']]) }));
  }
  let statements = 0;
  const counter: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: ({ result }) => {
      statements += 1;
      return Promise.resolve(result);
    },
  };
  const counted = sqlImageRepository({ ...database, db: database.db.withPlugin(counter) });
  const query = parseListParameters([], viewer, { defaultLimit: 100, maxLimit: 100 });
  expect(await counted.list(query)).toHaveLength(count);
  expect(statements).toBe(4);
  await database.close();
});
