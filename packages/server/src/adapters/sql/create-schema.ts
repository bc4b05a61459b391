/**
 * Creates Glance's schema on an empty database, through the query builder.
 */
import { sql } from 'kysely';
import type { CreateTableBuilder, Kysely, Transaction } from 'kysely';
import type { SqlDialect } from './dialect.ts';
import { addedIndices, glanceRevision, glanceTables } from './glance-schema.ts';
import type { ColumnDefinition, TableDefinition } from './glance-schema.ts';
import type { Tables } from './tables.ts';

export async function createGlanceSchema(db: Transaction<Tables>, dialect: SqlDialect): Promise<void> {
  for (const table of glanceTables) await createTable(db, dialect, table);
  for (const index of addedIndices) await createIndex(db, index);
  await db.schema
    .createTable('alembic_version')
    .addColumn('version_num', 'varchar(32)', (column) => column.notNull().primaryKey())
    .execute();
  await db.insertInto('alembic_version').values({ version_num: glanceRevision }).execute();
}

async function createTable(db: Kysely<Tables>, dialect: SqlDialect, table: TableDefinition): Promise<void> {
  let builder: CreateTableBuilder<string, string> = db.schema.createTable(table.name);
  for (const column of table.columns) builder = withColumn(builder, dialect, column);
  if (table.primaryKey !== undefined) {
    builder = builder.addPrimaryKeyConstraint(`pk_${table.name}`, [...table.primaryKey]);
  }
  for (const unique of table.unique ?? []) builder = builder.addUniqueConstraint(unique.name, [...unique.columns]);
  await builder.execute();
  for (const [name, columns] of Object.entries(table.indices ?? {})) {
    await createIndex(db, { name, table: table.name, columns });
  }
}

function withColumn(
  builder: CreateTableBuilder<string, string>,
  dialect: SqlDialect,
  column: ColumnDefinition,
): CreateTableBuilder<string, string> {
  const type = typeof column.kind === 'string' ? dialect.columnTypes[column.kind] : `VARCHAR(${column.kind.varchar})`;
  return builder.addColumn(column.name, sql.raw(type), (definition) => {
    let built = column.nullable === true ? definition : definition.notNull();
    if (column.primaryKey === true) built = built.primaryKey();
    if (column.references !== undefined) built = built.references(column.references);
    const value = column.serverDefault;
    if (value !== undefined)
      built = built.defaultTo(sql.lit(typeof value === 'boolean' ? dialect.boolean(value) : value));
    return built;
  });
}

async function createIndex(
  db: Kysely<Tables>,
  index: { name: string; table: string; columns: readonly string[] },
): Promise<void> {
  await db.schema
    .createIndex(index.name)
    .on(index.table)
    .columns([...index.columns])
    .execute();
}
