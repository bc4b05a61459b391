/**
 * Runs units of work against the database: tries again what may succeed if tried again, and translates what the
 * driver raises into the errors of the service. Source: contract 12 §7 (retries).
 */
import type { Transaction } from 'kysely';
import { ImageServiceError } from '../../domain/errors.ts';
import type { SqlDatabase } from './dialect.ts';
import type { Tables } from './tables.ts';

/** How long a unit of work is tried again before the caller is told to come back later, in milliseconds. */
const patienceMilliseconds = 10_000;
const pauseMilliseconds = 25;

/** Reads. May be tried several times. */
export function reading<T>(database: SqlDatabase, work: () => Promise<T>): Promise<T> {
  return untilDone(database, work);
}

/** Writes as one transaction: whole or not at all. May be tried several times, so `work` must not have other effects. */
export function writing<T>(database: SqlDatabase, work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> {
  return untilDone(database, () => database.db.transaction().execute(work));
}

async function untilDone<T>(database: SqlDatabase, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + patienceMilliseconds;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!database.dialect.isTransient(error) || performance.now() > deadline) throw translated(database, error);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds * (1 + Math.random())));
  }
}

function translated(database: SqlDatabase, error: unknown): unknown {
  const { dialect } = database;
  if (dialect.isTransient(error) || dialect.isUnavailable(error)) {
    return new ImageServiceError('unavailable', 'The image database cannot be used right now; try again shortly.', {
      cause: error,
    });
  }
  return error;
}
