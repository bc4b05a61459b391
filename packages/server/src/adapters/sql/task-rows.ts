/**
 * Between rows of `tasks` with `task_info` and tasks. Source: contract 12 §4, §6.
 */
import type { TaskStatus, TaskType } from '@lucarne/contract/wire.ts';
import type { Kysely, Selectable, Transaction, Updateable } from 'kysely';
import type { JsonObject, Task, TaskChange } from '../../domain/tasks/task.ts';
import type { SqlDialect } from './dialect.ts';
import type { TaskInfoTable, Tables, TasksTable } from './tables.ts';
import { timeFromSql, timeToSql } from './values.ts';

export type TaskRow = Selectable<TasksTable> & Pick<Selectable<TaskInfoTable>, 'input' | 'result' | 'message'>;

/** Live tasks with what `task_info` says of them; Glance may have left it out. */
export function selectTasks(db: Kysely<Tables>, dialect: SqlDialect) {
  return db
    .selectFrom('tasks')
    .leftJoin('task_info', 'task_info.task_id', 'tasks.id')
    .selectAll('tasks')
    .select(['task_info.input', 'task_info.result', 'task_info.message'])
    .where('tasks.deleted', '=', dialect.boolean(false));
}

export async function findTask(db: Kysely<Tables>, dialect: SqlDialect, id: string): Promise<Task | undefined> {
  const row = await selectTasks(db, dialect).where('tasks.id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : taskFromRow(row);
}

export function taskFromRow(row: TaskRow): Task {
  return {
    id: row.id,
    // The columns hold only these words: both servers write nothing else.
    type: row.type as TaskType,
    status: row.status as TaskStatus,
    owner: row.owner,
    expiresAt: row.expires_at === null ? null : timeFromSql(row.expires_at),
    createdAt: timeFromSql(row.created_at),
    updatedAt: timeFromSql(row.updated_at ?? row.created_at),
    imageId: row.image_id,
    requestId: row.request_id,
    userId: row.user_id,
    input: parseObject(row.input),
    result: parseObject(row.result),
    message: row.message,
  };
}

function parseObject(text: string | null): JsonObject | null {
  if (text === null || text === '') return null;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : null;
  } catch {
    return null;
  }
}

export async function insertTask(transaction: Transaction<Tables>, dialect: SqlDialect, task: Task): Promise<void> {
  await transaction
    .insertInto('tasks')
    .values({
      id: task.id,
      type: task.type,
      status: task.status,
      owner: task.owner,
      expires_at: task.expiresAt === null ? null : timeToSql(task.expiresAt),
      created_at: timeToSql(task.createdAt),
      updated_at: timeToSql(task.updatedAt),
      deleted_at: null,
      deleted: dialect.boolean(false),
      image_id: task.imageId,
      request_id: task.requestId,
      user_id: task.userId,
    })
    .execute();
  await transaction
    .insertInto('task_info')
    .values({
      task_id: task.id,
      input: task.input === null ? null : JSON.stringify(task.input),
      result: task.result === null ? null : JSON.stringify(task.result),
      message: task.message,
    })
    .execute();
}

/** Writes what changed in a task and moves its `updated_at`, by which others see that it is alive. */
export async function changeTask(
  transaction: Transaction<Tables>,
  id: string,
  { change, at }: { readonly change: TaskChange; readonly at: Date },
): Promise<void> {
  const columns: Updateable<TasksTable> = { updated_at: timeToSql(at) };
  if (change.status !== undefined) columns.status = change.status;
  if (change.expiresAt !== undefined) columns.expires_at = timeToSql(change.expiresAt);
  await transaction.updateTable('tasks').set(columns).where('id', '=', id).execute();
  const info: Updateable<TaskInfoTable> = {};
  if (change.result !== undefined) info.result = change.result === null ? null : JSON.stringify(change.result);
  if (change.message !== undefined) info.message = change.message;
  if (Object.keys(info).length === 0) return;
  await transaction.updateTable('task_info').set(info).where('task_id', '=', id).execute();
}
