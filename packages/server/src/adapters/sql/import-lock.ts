/**
 * The import lock of an image: a property that holds the id of the task at work. Glance takes and honours it in the
 * same way. Source: contract 04 §4, 12 §7.
 */
import type { ImageWrite } from './image-write.ts';
import { timeToSql } from './values.ts';

const lockProperty = 'os_glance_import_task';

/** Id of the task that holds the lock; undefined when nobody does. */
export async function lockHolder({ transaction, dialect, imageId }: ImageWrite): Promise<string | undefined> {
  const row = await transaction
    .selectFrom('image_properties')
    .select('value')
    .where('image_id', '=', imageId)
    .where('name', '=', lockProperty)
    .where('deleted', '=', dialect.boolean(false))
    .executeTakeFirst();
  return row === undefined ? undefined : (row.value ?? '');
}

/** Takes a lock that nobody holds. Somebody who takes it at the same time raises a unique violation. */
export async function takeLock(write: ImageWrite, taskId: string): Promise<void> {
  const { transaction, dialect, imageId } = write;
  const time = timeToSql(write.at);
  const live = { value: taskId, updated_at: time, deleted_at: null, deleted: dialect.boolean(false) };
  const revived = await transaction
    .updateTable('image_properties')
    .set(live)
    .where('image_id', '=', imageId)
    .where('name', '=', lockProperty)
    .where('deleted', '=', dialect.boolean(true))
    .executeTakeFirst();
  if (revived.numUpdatedRows > 0n) return;
  const row = { image_id: imageId, name: lockProperty, created_at: time, ...live };
  await transaction.insertInto('image_properties').values(row).execute();
}

/** Really deletes the row, as Glance does; without effect when another task holds the lock. */
export async function releaseLock({ transaction, dialect, imageId }: ImageWrite, taskId: string): Promise<void> {
  await transaction
    .deleteFrom('image_properties')
    .where('image_id', '=', imageId)
    .where('name', '=', lockProperty)
    .where('value', '=', taskId)
    .where('deleted', '=', dialect.boolean(false))
    .execute();
}
