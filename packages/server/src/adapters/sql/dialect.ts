/**
 * What differs between database servers, as capabilities. Repositories ask for these and never for a server's name;
 * a further server is one more folder with these same parts.
 */
import type { Kysely } from 'kysely';
import type { EventRecorder } from './event-recorder.ts';
import type { LocationUrls } from './location-urls.ts';
import type { Tables } from './tables.ts';

/** Column types of Glance's schema, in the server's words. Source: contract 12 §2. */
export interface ColumnTypes {
  readonly boolean: string;
  readonly datetime: string;
  readonly integer: string;
  readonly bigint: string;
  readonly text: string;
  readonly visibility: string;
  /** Integer primary key the server counts up by itself. */
  readonly autoIncrement: string;
  readonly bigAutoIncrement: string;
}

export interface SqlDialect {
  readonly columnTypes: ColumnTypes;
  boolean(value: boolean): number | boolean;
  isUniqueViolation(error: unknown): boolean;
  /** Locked, deadlocked or in recovery: the same transaction may succeed if tried again. */
  isTransient(error: unknown): boolean;
  /** The database cannot do its work now: unreachable, disk full, read-only. */
  isUnavailable(error: unknown): boolean;
  tableNames(db: Kysely<Tables>): Promise<readonly string[]>;
}

/** A database with everything a repository needs to talk to it. */
export interface SqlDatabase {
  readonly db: Kysely<Tables>;
  readonly dialect: SqlDialect;
  /** How the URLs of locations are kept. */
  readonly urls: LocationUrls;
  /** Records what others are told of; null when nobody is. */
  readonly events: EventRecorder | null;
  /** Runs a write when its turn has come, where the writes of one process only get into each other's way. */
  inTurn<T>(write: () => Promise<T>): Promise<T>;
  /** How long a unit of work that meets a lock is tried again before the caller is told to come back later. */
  readonly patienceMilliseconds: number;
  /** Lets the database look at how its tables have grown, so that it plans well. Cheap when nothing changed. */
  maintain(): Promise<void>;
  close(): Promise<void>;
}
