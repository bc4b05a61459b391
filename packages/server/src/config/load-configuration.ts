/**
 * Loads the configuration of the service: files, then environment, then flags, each winning over what was before, and
 * tells all that is wrong at once.
 *
 * Source: contract 11 §1
 */
import { buildSettings } from './build-settings.ts';
import { readConfigurationFiles } from './configuration-files.ts';
import type { ConfigurationPlace, ConfigurationSource } from './configuration-files.ts';
import { findConfigurationWarnings } from './configuration-warnings.ts';
import { findLoginSections } from './login-sections.ts';
import { evaluateOptions } from './option-lookup.ts';
import type { OptionValues, Override, RawConfiguration } from './option-lookup.ts';
import { optionTitle } from './option.ts';
import type { Option } from './option.ts';
import { allOptions } from './options/all-options.ts';
import { apiOptions } from './options/api.ts';
import { keystoneTokenLogin } from './options/identity.ts';
import { imageCacheOptions } from './options/image-cache.ts';
import { loggingOptions } from './options/logging.ts';
import { lucarneOptions } from './options/lucarne.ts';
import { serverOptions } from './options/server.ts';
import type { Settings } from './settings.ts';
import { findStoreSections, optionsInForce } from './store-sections.ts';
import { unbuiltFeatures } from './unbuilt-features.ts';

/** Flags of the command line that stand for options; what is undefined was not given. */
export interface ConfigurationFlags {
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly debug?: boolean | undefined;
}

export interface ConfigurationRequest extends ConfigurationPlace {
  /** `--config-file` and `--config-dir`, in their order on the command line. */
  readonly sources: readonly ConfigurationSource[];
  readonly flags: ConfigurationFlags;
  /** Whether the log goes to a person's terminal. */
  readonly isTerminal: boolean;
}

export interface LoadedConfiguration {
  /** Null exactly when there are problems. */
  readonly settings: Settings | null;
  /** Each one line: `file:line: [group] option: what is wrong; what is allowed`. None of them holds a secret. */
  readonly problems: readonly string[];
  /** Each one line; the service may start with them. */
  readonly warnings: readonly string[];
  /** The files that were read, in their order. */
  readonly files: readonly string[];
}

/** Never raises. */
export function loadConfiguration(request: ConfigurationRequest): LoadedConfiguration {
  const found = readConfigurationFiles(request.sources, request);
  const named: RawConfiguration = {
    options: allOptions,
    files: found.files,
    env: request.env,
    overrides: listOverrides(request),
  };
  const stores = findStoreSections(named);
  const logins = findLoginSections(named);
  const raw = { ...named, options: [...optionsInForce(allOptions, stores), ...logins.added] };
  const { values, problems: valueProblems } = evaluateOptions(raw);
  const settingProblems: string[] = [];
  const report = (option: Option, message: string) =>
    settingProblems.push(`${values.whereSet(option) ?? 'default'}: ${optionTitle(option)}: ${message}`);
  const settings = buildSettings({
    values,
    place: request,
    stores,
    logins,
    isConfigured: found.homeDirectory !== null,
    searchDirectories: found.searchDirectories,
    homeDirectory: found.homeDirectory,
    isTerminal: request.isTerminal,
    report,
  });
  const problems = [...found.problems, ...valueProblems, ...settingProblems, ...unbuiltFeatures(raw, values, stores)];
  return {
    settings: problems.length === 0 ? settings : null,
    problems,
    warnings: [
      ...findConfigurationWarnings(raw),
      ...warnOfPublicEndpoint(settings, values.whereSet(apiOptions.publicEndpoint)),
      ...warnOfCacheDriver(values),
      ...warnOfUnusedKeystone(settings, values),
      ...warnOfUnseenLimits(settings, values),
    ],
    files: found.files.map((file) => file.fileName),
  };
}

function listOverrides({ flags, env }: ConfigurationRequest): readonly Override[] {
  const candidates: readonly (readonly [Option, string | undefined, string])[] = [
    [serverOptions.bindHost, flags.host, '--host'],
    [serverOptions.bindPort, flags.port, '--port'],
    [loggingOptions.debug, flags.debug === undefined ? undefined : String(flags.debug), '--debug'],
    [lucarneOptions.dataDirectory, flags.dataDir, '--data-dir'],
    [lucarneOptions.dataDirectory, env['LUCARNE_DATA_DIR'], 'LUCARNE_DATA_DIR'],
  ];
  return candidates.flatMap(([option, text, where]) =>
    text === undefined ? [] : [{ option, text, where, name: option }],
  );
}

/** Glance shows whatever it is given; a wrong address is not worth refusing to start. */
function warnOfPublicEndpoint(settings: Settings, where: string | null): readonly string[] {
  const endpoint = settings.server.publicEndpoint;
  if (where === null || endpoint === null || /^https?:\/\/[^/]/i.test(endpoint)) return [];
  const title = optionTitle(apiOptions.publicEndpoint);
  return [`${where}: ${title}: "${endpoint}" is not an http or https URL; version documents show it all the same`];
}

/** Whoever tells how to reach Keystone may think that it is asked. */
function warnOfUnusedKeystone({ identity }: Settings, values: OptionValues): readonly string[] {
  const where = values.whereSet(keystoneTokenLogin.authUrl);
  if (where === null || identity.flavor === 'keystone') return [];
  const subject = `${where}: ${optionTitle(keystoneTokenLogin.authUrl)}`;
  return [
    `${subject}: Keystone is not asked, the identity is ${identity.flavor}; set flavor in [paste_deploy] to keystone`,
  ];
}

/** Who is signed in to a project gets no error, and no limits of other projects: all of them would have the registered ones. */
function warnOfUnseenLimits({ unifiedLimits }: Settings, values: OptionValues): readonly string[] {
  if (unifiedLimits === null || unifiedLimits.login.scope.kind === 'system') return [];
  return [
    `${values.whereSet(apiOptions.useKeystoneLimits)}: ${optionTitle(apiOptions.useKeystoneLimits)}: the sign-in of ` +
      '[oslo_limit] is not for the system, so Keystone may hide the limits of single projects; set system_scope = all',
  ];
}

function warnOfCacheDriver(values: OptionValues): readonly string[] {
  if (values.get(imageCacheOptions.driver) !== 'xattr') return [];
  const subject = `${values.whereSet(imageCacheOptions.driver)}: ${optionTitle(imageCacheOptions.driver)}`;
  return [`${subject}: xattr is taken for sqlite; the books of a cache with extended attributes are not read`];
}
