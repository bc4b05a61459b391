/**
 * `lucarne metadefs load | unload | export`: brings directories of metadata definitions into the database and out of
 * it. Source: contract 09 §10. Differs: flags that contradict each other and files that cannot be loaded end with
 * status 1, and `export` works.
 */
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sqlDatabaseSchema } from '../../adapters/sql/database-schema.ts';
import { sqlMetadefArchive } from '../../adapters/sql/metadef-archive.ts';
import { systemClock } from '../../adapters/system/system-clock.ts';
import type { Settings } from '../../config/settings.ts';
import { ImageServiceError, badRequest, isImageServiceError } from '../../domain/errors.ts';
import { fileNames, namespaceDocument, readNamespaceFile } from '../../domain/metadefs/namespace-file.ts';
import type { LoadMode, NamespaceFile } from '../../domain/metadefs/namespace-file.ts';
import { parseExactJson, writeReadableJson } from '../../lib/python-json.ts';
import type { LoadOutcome, MetadefArchive } from '../../ports/metadef-archive.ts';
import { readConfiguration } from '../configuration.ts';
import type { ConfigurationArguments } from '../configuration.ts';
import { openDatabase } from '../open-database.ts';

export interface LoadArguments {
  /** A file, or a folder whose `*.json` are loaded; the configured folder when undefined. */
  readonly path: string | undefined;
  readonly merge: boolean;
  readonly preferNew: boolean;
  readonly overwrite: boolean;
}

/** Gives 1 when a file could not be loaded; the others are loaded all the same. */
export function load(given: ConfigurationArguments, wanted: LoadArguments): Promise<number> {
  const mode = loadMode(wanted);
  if (mode === null) {
    tell('--prefer-new and --overwrite go with --merge, and only one of them. Nothing was loaded.');
    return Promise.resolve(1);
  }
  return withArchive(given, async (archive, settings) => {
    const paths = await filesAt(wanted.path ?? settings.metadefs.sourcePath);
    const counts = { created: 0, skipped: 0, merged: 0, replaced: 0, failed: 0 };
    for (const path of paths) {
      const outcome = await loadFile(archive, path, mode);
      counts[outcome] += 1;
      if (outcome !== 'failed') process.stdout.write(`${path}: ${outcome}\n`);
    }
    const summary = Object.entries(counts).filter(([, count]) => count > 0);
    process.stdout.write(`Namespaces: ${summary.map(([outcome, count]) => `${count} ${outcome}`).join(', ')}.\n`);
    return counts.failed === 0 ? 0 : 1;
  });
}

export function unload(given: ConfigurationArguments): Promise<number> {
  return withArchive(given, async (archive) => {
    process.stdout.write(`${await archive.clear()} namespaces are removed, and all resource types.\n`);
    return 0;
  });
}

/** Writes one file a namespace into the folder, which is made if it is missing. */
export function exportTo(given: ConfigurationArguments, folder: string): Promise<number> {
  return withArchive(given, async (archive) => {
    const namespaces = await archive.dump();
    await mkdir(folder, { recursive: true });
    for (const [index, name] of fileNames(namespaces).entries()) {
      const namespace = namespaces[index];
      if (namespace === undefined) continue;
      await writeFile(join(folder, name), `${writeReadableJson(namespaceDocument(namespace))}\n`);
    }
    process.stdout.write(`${namespaces.length} namespaces are in ${folder}.\n`);
    return 0;
  });
}

/** Null when the flags contradict each other. */
function loadMode({ merge, preferNew, overwrite }: LoadArguments): LoadMode | null {
  if (preferNew || overwrite) {
    if (!merge || (preferNew && overwrite)) return null;
    return preferNew ? 'prefer-new' : 'overwrite';
  }
  return merge ? 'merge' : 'skip';
}

async function filesAt(path: string): Promise<readonly string[]> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    (error: unknown) => {
      throw new ImageServiceError('notFound', `There are no definitions at ${path}: ${reasonOf(error)}`, {
        cause: error,
      });
    },
  );
  if (!isFolder) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith('.json')).toSorted();
  if (names.length === 0) throw new ImageServiceError('notFound', `There are no *.json files in ${path}.`);
  return names.map((name) => join(path, name));
}

/** A file that cannot be loaded is told about; a database that cannot be used is raised. */
async function loadFile(archive: MetadefArchive, path: string, mode: LoadMode): Promise<LoadOutcome | 'failed'> {
  try {
    return await archive.load(await readDefinitions(path), mode, systemClock.now());
  } catch (error) {
    if (!isImageServiceError(error, 'badRequest') && !isImageServiceError(error, 'conflict')) throw error;
    tell(`${path} cannot be loaded: ${error.message}`);
    return 'failed';
  }
}

async function readDefinitions(path: string): Promise<NamespaceFile> {
  let document: unknown;
  try {
    document = parseExactJson(new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)));
  } catch (error) {
    throw badRequest(reasonOf(error), error);
  }
  return readNamespaceFile(document);
}

async function withArchive(
  given: ConfigurationArguments,
  work: (archive: MetadefArchive, settings: Settings) => Promise<number>,
): Promise<number> {
  const configuration = readConfiguration(given);
  if (configuration === null) return 1;
  try {
    const database = openDatabase(configuration.settings);
    try {
      await sqlDatabaseSchema(database).sync();
      return await work(sqlMetadefArchive(database), configuration.settings);
    } finally {
      await database.close();
    }
  } catch (error) {
    tell(reasonOf(error));
    return 1;
  }
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
