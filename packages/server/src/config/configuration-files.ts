/**
 * Which configuration files count, in which order, and where further files (policy, image schema) are looked for.
 *
 * Differs: without any `--config-file`, `--config-dir` and `OS_GLANCE_CONFIG_DIR` nothing is read, not even
 * `/etc/glance`: started bare, the service is the laptop's own and must not pick up a Glance installed beside it.
 *
 * Source: contract 11 §1, §6; 10 §4
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseIni } from '../lib/ini.ts';
import type { IniFile } from '../lib/ini.ts';

/** What reading configuration needs of a file system. */
export interface ConfigurationFileSystem {
  /** Text of a file; null when there is none; raises when it cannot be read. */
  readFile(path: string): string | null;
  /** Names in a folder; null when there is none; raises when it cannot be read. */
  listDirectory(path: string): readonly string[] | null;
}

/** One `--config-file` or `--config-dir`; their order on the command line counts. */
export interface ConfigurationSource {
  readonly kind: 'file' | 'directory';
  readonly path: string;
}

export interface ConfigurationPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute working directory. */
  readonly cwd: string;
  readonly fileSystem: ConfigurationFileSystem;
}

export interface ConfigurationFiles {
  /** Parsed, the one that counts least first. */
  readonly files: readonly IniFile[];
  /** Absolute folders where files named without a path are looked for, best first; empty without configuration. */
  readonly searchDirectories: readonly string[];
  /** The folder the configuration lives in; null without configuration. */
  readonly homeDirectory: string | null;
  /** Files and folders that are missing or cannot be read, and faulty lines, each as one sentence. */
  readonly problems: readonly string[];
}

const defaultDirectoryNames: readonly string[] = ['glance.conf.d', 'glance-api.conf.d'];

/** Reads all files that the command line, or else `OS_GLANCE_CONFIG_DIR`, names. Never raises. */
export function readConfigurationFiles(
  sources: readonly ConfigurationSource[],
  place: ConfigurationPlace,
): ConfigurationFiles {
  const glanceDirectory = place.env['OS_GLANCE_CONFIG_DIR'] ?? '';
  const isBare = sources.length === 0 && glanceDirectory === '';
  if (isBare) return { files: [], searchDirectories: [], homeDirectory: null, problems: [] };

  const reading = new Reading(place);
  const hasFile = sources.some((source) => source.kind === 'file');
  const hasDirectory = sources.some((source) => source.kind === 'directory');
  if (!hasFile && glanceDirectory !== '') reading.readGlanceDirectory(glanceDirectory);
  if (!hasDirectory) reading.readDefaultDirectories();
  // Defaults stand in for what the command line leaves out, so whatever it names counts more than they do.
  for (const source of sources) {
    if (source.kind === 'file') reading.readFile(source.path, 'required');
    else reading.readDirectory(source.path, 'required');
  }
  return reading.outcome();
}

/** The first file of that name in the folders; null when none has it. Unreadable ones are left out. */
export function findFile(
  fileName: string,
  directories: readonly string[],
  fileSystem: ConfigurationFileSystem,
): string | null {
  const candidates = directories.map((directory) => join(directory, fileName));
  return candidates.find((path) => whyUnreadable(path, fileSystem) === null) ?? null;
}

/** Half a sentence on why a file cannot be read; null when it can. */
export function whyUnreadable(path: string, fileSystem: ConfigurationFileSystem): string | null {
  try {
    return fileSystem.readFile(path) === null ? 'there is no such file' : null;
  } catch (error) {
    return `cannot be read (${errorCode(error) ?? 'unknown error'})`;
  }
}

/** The machine's file system. */
export function openFileSystem(): ConfigurationFileSystem {
  return {
    readFile: (path) => unlessMissing(() => readFileSync(path, 'utf8')),
    listDirectory: (path) => unlessMissing(() => readdirSync(path)),
  };
}

class Reading {
  private readonly place: ConfigurationPlace;
  private readonly files: IniFile[] = [];
  private readonly fileDirectories: string[] = [];
  private readonly directories: string[] = [];
  private readonly problems: string[] = [];

  constructor(place: ConfigurationPlace) {
    this.place = place;
  }

  readGlanceDirectory(directory: string): void {
    this.readFile(join(directory, 'glance-image-import.conf'), 'optional');
    this.readFile(join(directory, 'glance-api.conf'), 'required');
  }

  readDefaultDirectories(): void {
    for (const name of defaultDirectoryNames) {
      const candidates = standardDirectories(this.place).map((directory) => join(directory, name));
      candidates.some((path) => this.readDirectory(path, 'optional'));
    }
  }

  readFile(path: string, need: 'required' | 'optional'): void {
    if (this.parseFile(path, need)) this.fileDirectories.push(dirname(resolve(this.place.cwd, path)));
  }

  /** Whether there is such a folder. */
  readDirectory(path: string, need: 'required' | 'optional'): boolean {
    const absolutePath = resolve(this.place.cwd, path);
    const names =
      need === 'required'
        ? this.attempt(path, () => this.place.fileSystem.listDirectory(absolutePath))
        : this.listIfReadable(absolutePath);
    if (names === null && need === 'required') this.problems.push(`${path}: there is no such folder`);
    if (names === null || names === undefined) return false;
    this.directories.push(absolutePath);
    const configurationNames = names.filter((name) => name.endsWith('.conf') && !name.startsWith('.')).toSorted();
    for (const name of configurationNames) this.parseFile(join(path, name), 'required');
    return true;
  }

  /** Places nobody named are passed over when one must not look into them. */
  private listIfReadable(path: string): readonly string[] | null {
    try {
      return this.place.fileSystem.listDirectory(path);
    } catch (error) {
      if (errorCode(error) === 'EACCES') return null;
      throw error;
    }
  }

  outcome(): ConfigurationFiles {
    const found = [...this.directories, ...this.fileDirectories.toReversed(), ...standardDirectories(this.place)];
    return {
      files: this.files,
      searchDirectories: [...new Set(found)],
      homeDirectory: this.fileDirectories.at(-1) ?? this.directories.at(-1) ?? null,
      problems: this.problems,
    };
  }

  /** Whether there is such a file and it could be read. */
  private parseFile(path: string, need: 'required' | 'optional'): boolean {
    const text = this.attempt(path, () => this.place.fileSystem.readFile(resolve(this.place.cwd, path)));
    if (text === null && need === 'required') this.problems.push(`${path}: there is no such file`);
    if (text === null || text === undefined) return false;
    const file = parseIni(text, path);
    this.files.push(file);
    this.problems.push(...file.problems.map((problem) => `${path}:${problem.line}: ${problem.message}`));
    return true;
  }

  /** Undefined when reading failed, which is then already a problem. */
  private attempt<T>(path: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.problems.push(`${path}: cannot be read (${errorCode(error) ?? 'unknown error'})`);
      return undefined;
    }
  }
}

/** Where OpenStack services look by default. */
function standardDirectories(place: ConfigurationPlace): readonly string[] {
  const home = place.env['HOME'];
  const own = home === undefined || home === '' ? [] : [join(home, '.glance'), home];
  return [...own, '/etc/glance', '/etc'];
}

function unlessMissing<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}

function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
