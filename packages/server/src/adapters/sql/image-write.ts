/** One write of an image: what it works with, and the time stamps it leaves. Source: contract 12 §3. */
import type { Transaction } from 'kysely';
import type { SqlDatabase } from './dialect.ts';
import type { Tables } from './tables.ts';
import { timeToSql } from './values.ts';

export interface ImageWrite extends Pick<SqlDatabase, 'dialect' | 'urls' | 'events'> {
  readonly transaction: Transaction<Tables>;
  readonly imageId: string;
  /** What the rows are stamped with. */
  readonly at: Date;
}

export function freshStamps(write: ImageWrite) {
  const time = timeToSql(write.at);
  return { created_at: time, updated_at: time, deleted_at: null, deleted: write.dialect.boolean(false) };
}

export function deletedStamps(write: ImageWrite) {
  const time = timeToSql(write.at);
  return { updated_at: time, deleted_at: time, deleted: write.dialect.boolean(true) };
}

export function revivedStamps(write: ImageWrite) {
  return { updated_at: timeToSql(write.at), deleted_at: null, deleted: write.dialect.boolean(false) };
}
