/**
 * The outbox as those who deliver see it, in two tables of our own: a row for each notification and target, and one for
 * each target that says who delivers to it.
 *
 * A notification is known by its place and its id together: places of rows that are gone may be given out again.
 */
import type { Transaction } from 'kysely';
import type { NotificationPriority } from '../../domain/notifications/notification.ts';
import type { OutboxQueue, OutboxRoom, TargetLease, WaitingNotification } from '../../ports/event-outbox.ts';
import { inBatches } from './batches.ts';
import type { SqlDatabase } from './dialect.ts';
import type { Tables } from './tables.ts';
import { reading, writing } from './transactions.ts';
import { numberFromSql, timeFromSql, timeToSql } from './values.ts';

const mostCharactersAtOnce = 4 * 1024 * 1024;
const rowsAtOnce = 500;

export function sqlOutboxQueue(database: SqlDatabase): OutboxQueue {
  return {
    async hold(lease, now) {
      try {
        return await writing(database, (transaction) => hold(transaction, lease, now));
      } catch (error) {
        // Somebody else was the first who ever delivered to it.
        if (database.dialect.isUniqueViolation(error)) return false;
        throw error;
      }
    },

    release: ({ target, holder }) =>
      writing(database, async (transaction) => {
        await transaction
          .deleteFrom('lucarne_outbox_lease')
          .where('target', '=', target)
          .where('holder', '=', holder)
          .execute();
      }),

    list: (target, most) => reading(database, (snapshot) => list(snapshot, target, most)),

    remove: (target, notifications) =>
      writing(database, async (transaction) => {
        for (const some of inBatches(notifications, rowsAtOnce)) await remove(transaction, target, some);
      }),

    count: (target) =>
      reading(database, async (snapshot) => {
        const row = await snapshot
          .selectFrom('lucarne_outbox')
          .select((select) => select.fn.countAll<number | bigint>().as('waiting'))
          .where('target', '=', target)
          .executeTakeFirstOrThrow();
        return numberFromSql(row.waiting);
      }),

    async trim(target, most) {
      const last = await reading(database, (snapshot) => lastWithoutRoom(snapshot, target, most));
      if (last === undefined) return 0;
      return writing(database, async (transaction) => {
        const dropped = await transaction
          .deleteFrom('lucarne_outbox')
          .where('target', '=', target)
          .where('position', '<=', last)
          .executeTakeFirst();
        return Number(dropped.numDeletedRows);
      });
    },

    discardOthers: (targets, before) =>
      writing(database, async (transaction) => {
        let others = transaction.deleteFrom('lucarne_outbox').where('recorded_at', '<', timeToSql(before));
        if (targets.length > 0) others = others.where('target', 'not in', targets);
        return Number((await others.executeTakeFirst()).numDeletedRows);
      }),
  };
}

/** The newest for which there is no room behind those that are newer still. Reads nothing but the index. */
async function lastWithoutRoom(
  snapshot: Transaction<Tables>,
  target: string,
  most: OutboxRoom,
): Promise<number | undefined> {
  const waiting = snapshot.selectFrom('lucarne_outbox').where('target', '=', target);
  const { count, characters } = await waiting
    .select(({ fn }) => [
      fn.countAll<number | bigint>().as('count'),
      fn.sum<number | bigint | string | null>('size').as('characters'),
    ])
    .executeTakeFirstOrThrow();
  const isTooMuch = numberFromSql(characters ?? 0) > most.characters;
  if (numberFromSql(count) <= most.notifications && !isTooMuch) return undefined;
  const beyond = await waiting
    .select('position')
    .orderBy('position', 'desc')
    .offset(most.notifications)
    .limit(1)
    .executeTakeFirst();
  if (!isTooMuch) return beyond?.position;
  const sums = waiting.select(({ fn }) => [
    'position',
    fn
      .sum('size')
      .over((over) => over.orderBy('position', 'desc'))
      .as('total'),
  ]);
  const larger = await snapshot
    .selectFrom(sums.as('sums'))
    .select((select) => select.fn.max('position').as('position'))
    .where('total', '>', most.characters)
    .executeTakeFirst();
  return Math.max(beyond?.position ?? 0, numberFromSql(larger?.position ?? 0));
}

async function remove(
  transaction: Transaction<Tables>,
  target: string,
  notifications: readonly WaitingNotification[],
): Promise<void> {
  const positions = notifications.map(({ position }) => position);
  const messageIds = notifications.map(({ messageId }) => messageId);
  await transaction
    .deleteFrom('lucarne_outbox')
    .where('target', '=', target)
    .where('position', 'in', positions)
    .where('message_id', 'in', messageIds)
    .execute();
}

async function hold(transaction: Transaction<Tables>, lease: TargetLease, now: Date): Promise<boolean> {
  const { target, holder } = lease;
  const columns = { holder, expires_at: timeToSql(lease.expiresAt) };
  const taken = await transaction
    .updateTable('lucarne_outbox_lease')
    .set(columns)
    .where('target', '=', target)
    .where((where) => where.or([where('holder', '=', holder), where('expires_at', '<=', timeToSql(now))]))
    .executeTakeFirst();
  if (taken.numUpdatedRows > 0n) return true;
  const known = await transaction
    .selectFrom('lucarne_outbox_lease')
    .select('holder')
    .where('target', '=', target)
    .executeTakeFirst();
  if (known !== undefined) return false;
  await transaction
    .insertInto('lucarne_outbox_lease')
    .values({ target, ...columns })
    .execute();
  return true;
}

async function list(
  snapshot: Transaction<Tables>,
  target: string,
  most: number,
): Promise<readonly WaitingNotification[]> {
  const sizes = await snapshot
    .selectFrom('lucarne_outbox')
    .select(['position', 'size'])
    .where('target', '=', target)
    .orderBy('position')
    .limit(most)
    .execute();
  const [first] = sizes;
  if (first === undefined) return [];
  let last = first.position;
  let characters = 0;
  for (const { position, size } of sizes) {
    characters += numberFromSql(size);
    if (position !== first.position && characters > mostCharactersAtOnce) break;
    last = position;
  }
  const rows = await snapshot
    .selectFrom('lucarne_outbox')
    .selectAll()
    .where('target', '=', target)
    .where('position', '>=', first.position)
    .where('position', '<=', last)
    .orderBy('position')
    .execute();
  return rows.map((row) => ({
    position: numberFromSql(row.position),
    messageId: row.message_id,
    type: row.event_type,
    // The column holds only these words: nobody else writes the table.
    priority: row.priority as NotificationPriority,
    payloadJson: row.payload,
    subject: row.subject,
    stream: row.stream,
    recordedAt: timeFromSql(row.recorded_at),
  }));
}
