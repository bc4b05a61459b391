/** Opens the configured database, and tells the operator in one line when it cannot be used. */
import { encryptedUrls, plainUrls } from '../adapters/sql/location-urls.ts';
import { openSqlite } from '../adapters/sql/sqlite/open-sqlite.ts';
import type { SqlDatabase } from '../adapters/sql/dialect.ts';
import type { Settings } from '../config/settings.ts';
import { ImageServiceError } from '../domain/errors.ts';
import { configuredRecorder } from './notifications.ts';

export function openDatabase(settings: Settings): SqlDatabase {
  const { path } = settings.database.connection;
  const { metadataEncryptionKey: key } = settings.stores;
  const events = configuredRecorder(settings);
  try {
    return openSqlite(path, {
      urls: key === null ? plainUrls : encryptedUrls(key),
      ...(events === null ? {} : { events }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImageServiceError('unavailable', `The database ${path} cannot be opened: ${reason}.`, { cause: error });
  }
}
