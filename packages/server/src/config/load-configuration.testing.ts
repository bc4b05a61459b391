/** Loads configuration from files that are given as texts, for the unit tests beside it. */
import { dirname } from 'node:path';
import type { ConfigurationFileSystem, ConfigurationSource } from './configuration-files.ts';
import { loadConfiguration } from './load-configuration.ts';
import type { ConfigurationRequest, LoadedConfiguration } from './load-configuration.ts';
import type { Settings } from './settings.ts';

/** A file system with these files, by absolute path, and the folders they need. */
export function fileSystemOf(files: Readonly<Record<string, string>>): ConfigurationFileSystem {
  return {
    readFile: (path) => files[path] ?? null,
    listDirectory: (path) => {
      const paths = Object.keys(files).filter((file) => dirname(file) === path);
      return paths.length === 0 ? null : paths.map((file) => file.slice(path.length + 1));
    },
  };
}

/** Loads with nothing given, but for what the test gives. The working directory is /home/site. */
export function load(request: Partial<ConfigurationRequest> = {}): LoadedConfiguration {
  return loadConfiguration({
    sources: [],
    flags: {},
    env: {},
    cwd: '/home/site',
    fileSystem: fileSystemOf({}),
    isTerminal: false,
    ...request,
  });
}

/** Loads one file, /etc/lucarne/a.conf. */
export function loadText(text: string, request: Partial<ConfigurationRequest> = {}): LoadedConfiguration {
  return load({
    sources: [file('/etc/lucarne/a.conf')],
    fileSystem: fileSystemOf({ '/etc/lucarne/a.conf': text }),
    ...request,
  });
}

/** The settings of a configuration that must be without problems. */
export function settingsOf(loaded: LoadedConfiguration): Settings {
  if (loaded.settings === null) throw new Error(loaded.problems.join('\n'));
  return loaded.settings;
}

export function file(path: string): ConfigurationSource {
  return { kind: 'file', path };
}

export function directory(path: string): ConfigurationSource {
  return { kind: 'directory', path };
}
