/** Opens the configured image cache: its folder, and its books in the database or in a file of their own. */
import { openCacheDirectory } from '../adapters/cache/cache-directory.ts';
import { sqlCacheBooks } from '../adapters/sql/cache-books.ts';
import type { SqlDatabase } from '../adapters/sql/dialect.ts';
import { openSqliteCacheBooks } from '../adapters/sql/sqlite/sqlite-cache-books.ts';
import type { CacheSettings, Settings } from '../config/settings.ts';
import { ImageServiceError } from '../domain/errors.ts';
import type { CacheBooks } from '../ports/cache-books.ts';
import { openImageCache } from '../usecases/cache/image-cache.ts';
import type { ImageCache } from '../usecases/cache/image-cache.ts';
import { takeOverBooks } from '../usecases/cache/reconcile.ts';

/** Without a URL at which others reach it, the node is alone, and any name that stays the same will do. */
const loneNodeUrl = 'http://localhost';

export interface OpenedImageCache {
  /** Null when none is configured. */
  readonly cache: ImageCache | null;
  close(): Promise<void>;
}

export async function openConfiguredCache(settings: Settings, database: SqlDatabase): Promise<OpenedImageCache> {
  const { cache: wanted } = settings;
  const { directory } = wanted;
  if (directory === null) return { cache: null, close: () => Promise.resolve() };
  const files = await openCacheDirectory({ directory });
  const { books, close } = openBooks(wanted, { database, nodeUrl: settings.server.selfUrl ?? loneNodeUrl });
  const { servesDownloads, maxBytes, stallSeconds } = wanted;
  const cache = openImageCache({ files, books, servesDownloads, maxBytes, stallSeconds });
  if (wanted.driver === 'centralized_db') await takeOverFormerBooks(cache, wanted.sqliteFile);
  return { cache, close };
}

function openBooks(
  { driver, sqliteFile }: CacheSettings,
  shared: { readonly database: SqlDatabase; readonly nodeUrl: string },
): { readonly books: CacheBooks; close(): Promise<void> } {
  if (driver === 'centralized_db' || sqliteFile === null) {
    return { books: sqlCacheBooks(shared.database, shared.nodeUrl), close: () => Promise.resolve() };
  }
  const opened = readableBooks(sqliteFile, true);
  if (opened === null) throw new Error('The books of the cache were not made.');
  return opened;
}

/** A cache that had the driver sqlite before keeps what its books say. */
async function takeOverFormerBooks(cache: ImageCache, sqliteFile: string | null): Promise<void> {
  const former = sqliteFile === null ? null : readableBooks(sqliteFile, false);
  if (former === null) return;
  try {
    await takeOverBooks(cache, former.books);
  } finally {
    await former.close();
  }
}

function readableBooks(path: string, create: boolean) {
  try {
    return openSqliteCacheBooks(path, { create });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The books of the cache in ${path} cannot be opened (${reason}); check image_cache_sqlite_db.`;
    throw new ImageServiceError('unavailable', message, { cause });
  }
}
