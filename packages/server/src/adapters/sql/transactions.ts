/**
 * Runs units of work against the database: tries again what may succeed if tried again, and translates what the
 * driver raises into the errors of the service. Source: contract 12 §7 (retries).
 */
import type { Transaction } from 'kysely';
import { ImageServiceError } from '../../domain/errors.ts';
import type { SqlDatabase } from './dialect.ts';
import type { Tables } from './tables.ts';

/** Between two tries, in milliseconds; as much again at most is added by chance, so that rivals fall out of step. */
const pauseMilliseconds = 25;

/**
 * Reads, all of it from one state of the database: an image never comes with the properties it had before or after.
 * May be tried several times.
 */
export function reading<T>(database: SqlDatabase, work: (snapshot: Transaction<Tables>) => Promise<T>): Promise<T> {
  const transaction = database.db.transaction().setAccessMode('read only').setIsolationLevel('repeatable read');
  return untilDone(database, deadlineOf(database), () => transaction.execute(work));
}

/** Writes as one transaction: whole or not at all. May be tried several times, so `work` must not have other effects. */
export function writing<T>(database: SqlDatabase, work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T> {
  // Waiting for one's turn counts as waiting.
  const deadline = deadlineOf(database);
  return database.inTurn(() => {
    if (performance.now() >= deadline) throw unavailable();
    return untilDone(database, deadline, () => database.db.transaction().execute(work));
  });
}

function deadlineOf(database: SqlDatabase): number {
  return performance.now() + database.patienceMilliseconds;
}

async function untilDone<T>(database: SqlDatabase, deadline: number, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!database.dialect.isTransient(error) || performance.now() >= deadline) throw translated(database, error);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds * (1 + Math.random())));
  }
}

function translated(database: SqlDatabase, error: unknown): unknown {
  const { dialect } = database;
  if (dialect.isTransient(error) || dialect.isUnavailable(error)) {
    return unavailable(error);
  }
  return error;
}

function unavailable(cause?: unknown): ImageServiceError {
  return new ImageServiceError('unavailable', 'The image database cannot be used right now; try again shortly.', {
    cause,
  });
}
