/** What settings are made from, and how options that are paths and files become settings. */
import { resolve } from 'node:path';
import { whyUnreadable } from './configuration-files.ts';
import type { ConfigurationPlace } from './configuration-files.ts';
import type { LoginSections } from './login-sections.ts';
import type { OptionValues } from './option-lookup.ts';
import type { Option } from './option.ts';
import { databaseOptions } from './options/database.ts';
import type { StoreSections } from './store-sections.ts';

/** Everything around the values that a default may depend on. */
export interface SettingsBasis {
  readonly values: OptionValues;
  readonly place: ConfigurationPlace;
  readonly stores: StoreSections;
  /** Which options sign in to Keystone. */
  readonly logins: LoginSections;
  /** Whether any configuration file was read. */
  readonly isConfigured: boolean;
  readonly searchDirectories: readonly string[];
  readonly homeDirectory: string | null;
  /** Whether the log goes to a person's terminal. */
  readonly isTerminal: boolean;
  /** Takes a problem with an option's value; the settings are then not to be used. */
  readonly report: (option: Option, message: string) => void;
}

/** The text of an option for which empty text would not mean what it looks like. */
export function readName({ values, report }: SettingsBasis, option: Option<string>): string {
  const text = values.get(option).trim();
  if (text === '') report(option, 'the value is empty; leave the line out to have the default');
  return text;
}

/** The text of an option for which empty text is as good as none. */
export function readText({ values }: SettingsBasis, option: Option<string | null>): string | null {
  const text = values.get(option)?.trim() ?? '';
  return text === '' ? null : text;
}

/** The absolute path that an option gives; null when it gives none. */
export function readPath(basis: SettingsBasis, option: Option<string | null>): string | null {
  const text = readText(basis, option);
  return text === null ? null : resolve(basis.place.cwd, text);
}

/** As `readPath`, for a file that must be there. */
export function readExistingFile(basis: SettingsBasis, option: Option<string | null>): string | null {
  const path = readPath(basis, option);
  const reason = path === null ? null : whyUnreadable(path, basis.place.fileSystem);
  if (reason !== null) basis.report(option, `${path}: ${reason}`);
  return path;
}

/**
 * Whether the service keeps everything itself, below its data folder. With a database of its own a configuration is one
 * of Glance, and the folders are those of Glance.
 */
export function keepsEverythingItself(basis: SettingsBasis): boolean {
  return readText(basis, databaseOptions.connection) === null;
}
