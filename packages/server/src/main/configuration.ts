/** From the command line to settings, or to a list of everything that is wrong, on standard error. */
import { openFileSystem } from '../config/configuration-files.ts';
import type { ConfigurationSource } from '../config/configuration-files.ts';
import { loadConfiguration } from '../config/load-configuration.ts';
import type { ConfigurationFlags, LoadedConfiguration } from '../config/load-configuration.ts';

export interface ConfigurationArguments {
  readonly sources: readonly ConfigurationSource[];
  readonly flags: ConfigurationFlags;
}

/** Null when the configuration is wrong; everything that is wrong was printed then. */
export function readConfiguration(
  given: ConfigurationArguments,
): (LoadedConfiguration & { readonly settings: NonNullable<LoadedConfiguration['settings']> }) | null {
  const loaded = loadConfiguration({
    ...given,
    env: process.env,
    cwd: process.cwd(),
    fileSystem: openFileSystem(),
    isTerminal: process.stderr.isTTY,
  });
  const { settings } = loaded;
  if (settings !== null) return { ...loaded, settings };
  process.stderr.write(`The configuration is not usable:\n${loaded.problems.map((line) => `  ${line}\n`).join('')}`);
  return null;
}
