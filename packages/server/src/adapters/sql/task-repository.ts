/**
 * Tasks in SQL. Source: contract 12 §4.
 */
import { sql } from 'kysely';
import type { ExpressionBuilder, Selectable, Transaction } from 'kysely';
import type { Viewer } from '../../domain/request-context.ts';
import type { TaskListQuery, TaskSortColumn } from '../../domain/tasks/task-list.ts';
import type { Task } from '../../domain/tasks/task.ts';
import type { TaskRepository } from '../../ports/task-repository.ts';
import type { SqlDatabase, SqlDialect } from './dialect.ts';
import { selectTasks, taskFromRow } from './task-rows.ts';
import type { Tables, TasksTable } from './tables.ts';
import { tellTask } from './recorded-events.ts';
import { reading, writing } from './transactions.ts';
import { timeToSql } from './values.ts';

export function sqlTaskRepository(database: SqlDatabase): TaskRepository {
  const { dialect, events } = database;
  return {
    show: (viewer, id) =>
      reading(database, async (snapshot) => {
        const row = await selectTasks(snapshot, dialect).where('tasks.id', '=', id).executeTakeFirst();
        return row !== undefined && isVisible(row.owner, viewer) ? taskFromRow(row) : undefined;
      }),

    list: (query) => reading(database, async (snapshot) => selectPage(snapshot, dialect, query)),

    expire: (projectId, now) =>
      writing(database, async (transaction) => {
        const time = timeToSql(now);
        await tellExpiry({ transaction, dialect, events }, projectId, now);
        await transaction
          .updateTable('tasks')
          .set({ deleted: dialect.boolean(true), deleted_at: time, updated_at: time })
          .where('owner', '=', projectId)
          .where('deleted', '=', dialect.boolean(false))
          .where('expires_at', '<=', time)
          .execute();
      }),

    listOfImage: (viewer, imageId, now) =>
      reading(database, async (snapshot) => {
        const rows = await selectTasks(snapshot, dialect)
          .where('tasks.image_id', '=', imageId)
          .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', timeToSql(now))]))
          .orderBy('tasks.created_at')
          .orderBy('tasks.id')
          .execute();
        return rows.filter(({ owner }) => isVisible(owner, viewer)).map(taskFromRow);
      }),
  };
}

/** Of the tasks whose records are about to go. */
async function tellExpiry(
  { transaction, dialect, events }: Pick<SqlDatabase, 'dialect' | 'events'> & { transaction: Transaction<Tables> },
  projectId: string,
  now: Date,
): Promise<void> {
  if (events?.wants('task.delete') !== true) return;
  const rows = await selectTasks(transaction, dialect)
    .where('tasks.owner', '=', projectId)
    .where('expires_at', '<=', timeToSql(now))
    .execute();
  for (const row of rows) {
    const task = { ...taskFromRow(row), updatedAt: now };
    await tellTask({ events, transaction }, 'delete', { task, deletedAt: now });
  }
}

async function selectPage(
  db: Transaction<Tables>,
  dialect: SqlDialect,
  query: TaskListQuery,
): Promise<readonly Task[]> {
  let rows = selectTasks(db, dialect);
  if (!query.viewer.isAdmin) rows = rows.where('tasks.owner', '=', query.viewer.projectId ?? '');
  if (query.status !== null) rows = rows.where('tasks.status', '=', query.status);
  if (query.type !== null) rows = rows.where('tasks.type', '=', query.type);
  for (const [column, value] of query.exact) rows = rows.where(`tasks.${column}`, '=', value);
  const sorted: readonly TaskSortColumn[] = [...new Set([query.sortColumn, 'created_at' as const, 'id' as const])];
  const marker = query.marker === null ? undefined : await markerRow(db, query.marker);
  if (marker !== undefined) rows = rows.where((where) => isBehind(where, marker, { sorted, query }));
  for (const column of sorted) rows = rows.orderBy(`tasks.${column}`, query.direction);
  return (await rows.limit(query.limit).execute()).map(taskFromRow);
}

function markerRow(db: Transaction<Tables>, id: string) {
  return db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Whether a row comes behind the marker: it differs first in a column in which it lies further on. */
function isBehind(
  where: ExpressionBuilder<Tables, 'tasks'>,
  marker: Selectable<TasksTable>,
  { sorted, query }: { readonly sorted: readonly TaskSortColumn[]; readonly query: TaskListQuery },
) {
  const operator = query.direction === 'asc' ? '>' : '<';
  return where.or(
    sorted.map((column, index) =>
      where.and([
        ...sorted.slice(0, index).map((equal) => where(valueOf(equal), '=', marker[equal] ?? '')),
        where(valueOf(column), operator, marker[column] ?? ''),
      ]),
    ),
  );
}

/** Nothing counts as empty text, here and where the marker is compared. */
function valueOf(column: TaskSortColumn) {
  return sql<string>`coalesce(${sql.ref(`tasks.${column}`)}, '')`;
}

function isVisible(owner: string, viewer: Viewer): boolean {
  return viewer.isAdmin || owner === viewer.projectId;
}
