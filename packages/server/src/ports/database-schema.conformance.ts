/** What every database schema must do, as `database-schema.ts` promises it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DatabaseSchema } from './database-schema.ts';
import { outcomeOf } from './outcome.testing.ts';

export interface OpenedSchema {
  readonly schema: DatabaseSchema;
  /** The same, empty, database as other processes open it. */
  readonly elsewhere: readonly DatabaseSchema[];
  execute(statement: string): Promise<void>;
  /** Names of all tables. */
  tables(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const supported = '2024_1_contract01';

export function describeDatabaseSchemaConformance(name: string, open: () => Promise<OpenedSchema>): void {
  describe(`${name} as a database schema`, () => {
    let opened: OpenedSchema;
    let schema: DatabaseSchema;

    beforeEach(async () => {
      opened = await open();
      schema = opened.schema;
    });

    afterEach(() => opened.close());

    test('is empty, and after a sync current', async () => {
      expect(await schema.state()).toEqual({ kind: 'empty', supported });
      expect(await opened.tables()).toEqual([]);
      expect(await schema.sync()).toEqual({ kind: 'current', supported });
      expect(await schema.state()).toEqual({ kind: 'current', supported });
    });

    test('is not touched by a second sync', async () => {
      await schema.sync();
      const tables = await opened.tables();
      expect(await schema.sync()).toEqual({ kind: 'current', supported });
      expect(await opened.tables()).toEqual(tables);
    });

    test('is made once when several processes sync an empty database at the same moment', async () => {
      const states = await Promise.all([schema, ...opened.elsewhere, schema].map((other) => other.sync()));
      expect(new Set(states.map(({ kind }) => kind))).toEqual(new Set(['current']));
      expect(await schema.state()).toEqual({ kind: 'current', supported });
    });

    test('gets our tables beside those of a Glance at the revision we support', async () => {
      await schema.sync();
      for (const table of await opened.tables()) {
        if (table.startsWith('lucarne_')) await opened.execute(`drop table ${table}`);
      }
      expect(await schema.state()).toEqual({ kind: 'own-tables-missing', supported });
      expect(await schema.sync()).toEqual({ kind: 'current', supported });
    });

    test.each([
      ['an older revision', ["update alembic_version set version_num = '2023_1_contract01'"], ['2023_1_contract01']],
      ['a newer revision', ["update alembic_version set version_num = '2031_1_contract01'"], ['2031_1_contract01']],
      [
        'a rolling upgrade under way',
        ["insert into alembic_version values ('2024_1_expand01')"],
        [supported, '2024_1_expand01'],
      ],
      ['no revision', ['delete from alembic_version'], []],
      ['tables and no revision table', ['drop table alembic_version'], []],
    ])('refuses a database with %s and leaves it alone: conflict', async (_, statements, revisions) => {
      await schema.sync();
      for (const table of await opened.tables()) {
        if (table.startsWith('lucarne_')) await opened.execute(`drop table ${table}`);
      }
      for (const statement of statements) await opened.execute(statement);
      const tables = await opened.tables();
      expect(await schema.state()).toEqual({ kind: 'foreign', supported, revisions });
      expect(await outcomeOf(schema.sync())).toBe('conflict');
      expect(await opened.tables()).toEqual(tables);
    });

    test('refuses a database of somebody else and leaves it alone: conflict', async () => {
      await opened.execute('create table customers (id integer)');
      expect(await schema.state()).toEqual({ kind: 'foreign', supported, revisions: [] });
      expect(await outcomeOf(schema.sync())).toBe('conflict');
      expect(await opened.tables()).toEqual(['customers']);
    });
  });
}
