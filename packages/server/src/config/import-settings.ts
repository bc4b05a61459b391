/** What imports may fetch, what is done to their data, and how tasks run. Source: contract 04 §3, §7, §8; 11 §4 */
import type { Option } from './option.ts';
import { apiOptions, importMethods } from './options/api.ts';
import { imageFormatOptions } from './options/image-formats.ts';
import { importOptions, importPlugins, taskOptions } from './options/imports.ts';
import { lucarneOptions } from './options/lucarne.ts';
import { readExistingFile, readText } from './settings-basis.ts';
import { parseAddressRange } from '../lib/ip-addresses.ts';
import type { SettingsBasis } from './settings-basis.ts';
import type { ImportFilterSettings, ImportSettings, TaskSettings } from './settings.ts';

type DiskFormat = ImportSettings['conversion']['outputFormat'];

const largestPort = 65_535;

/** Builds the settings of imports, and reports every problem through the basis. */
export function buildImportSettings(basis: SettingsBasis): ImportSettings {
  const { values } = basis;
  return {
    methods: chooseAmong(importMethods, values.get(apiOptions.enabledImportMethods)),
    plugins: chooseAmong(importPlugins, values.get(importOptions.plugins)),
    maxParallelStores: values.get(importOptions.maxParallelStores),
    filter: buildFilter(basis),
    allowedAddressRanges: readAddressRanges(basis),
    downloads: {
      caFile: readExistingFile(basis, lucarneOptions.importCaFile),
      proxy: readProxy(basis),
      idleTimeoutSeconds: values.get(lucarneOptions.importIdleTimeoutSeconds),
    },
    downloadedProperties: values.get(importOptions.downloadedProperties),
    injection: {
      ignoreUserRoles: values.get(importOptions.ignoreUserRoles),
      properties: values.get(importOptions.injectedProperties),
    },
    conversion: {
      outputFormat: toDiskFormat(values.get(importOptions.outputFormat)) ?? 'raw',
      vmdkAllowedTypes: values.get(imageFormatOptions.vmdkAllowedTypes),
    },
    maxUnpackRatio: values.get(lucarneOptions.maxUnpackRatio),
  };
}

export function buildTaskSettings({ values }: SettingsBasis): TaskSettings {
  return {
    timeToLiveHours: values.get(taskOptions.timeToLiveHours),
    parallelTasks: values.get(taskOptions.poolThreads),
    conversionFormat: toDiskFormat(values.get(taskOptions.conversionFormat)),
  };
}

/** The named ones, in the order in which they are named, each once. */
function chooseAmong<T extends string>(known: readonly T[], names: readonly string[]): readonly T[] {
  return [...new Set(names)].flatMap((name) => known.filter((candidate) => candidate === name));
}

/** The choices of the options allow nothing else. */
function toDiskFormat(text: string | null): DiskFormat | null {
  return text === 'raw' || text === 'qcow2' || text === 'vmdk' ? text : null;
}

function buildFilter(basis: SettingsBasis): ImportFilterSettings {
  const { values } = basis;
  return {
    allowedSchemes: values.get(importOptions.allowedSchemes),
    disallowedSchemes: values.get(importOptions.disallowedSchemes),
    allowedHosts: values.get(importOptions.allowedHosts),
    disallowedHosts: values.get(importOptions.disallowedHosts),
    allowedPorts: readPorts(basis, importOptions.allowedPorts),
    disallowedPorts: readPorts(basis, importOptions.disallowedPorts),
  };
}

function readPorts({ values, report }: SettingsBasis, option: Option<readonly string[]>): readonly number[] {
  return values.get(option).map((text) => {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (port < 1 || port > largestPort) {
      report(option, `"${text}" is not a port; allowed are integers from 1 to ${largestPort} in brackets, [80, 443]`);
    }
    return port;
  });
}

function readAddressRanges({ values, report }: SettingsBasis): readonly string[] {
  return values.get(lucarneOptions.allowedAddressRanges).map((text) => {
    const range = toAddressRange(text);
    if (range !== null) return range;
    report(
      lucarneOptions.allowedAddressRanges,
      `"${text}" is neither an IP address nor a range of them; allowed is 192.0.2.7, 192.0.2.0/24, 2001:db8::7 or ` +
        '2001:db8::/32, separated by commas',
    );
    return text;
  });
}

/** In CIDR form; a single address is a range of one. Null for anything else, a range of which bits are left over too. */
function toAddressRange(text: string): string | null {
  const range = text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`;
  return parseAddressRange(range) === null ? null : range;
}

/** The proxy as an origin; its parts beyond that, such as a password, are refused. */
function readProxy(basis: SettingsBasis): string | null {
  const text = readText(basis, lucarneOptions.importProxy);
  if (text === null) return null;
  const url = URL.parse(text);
  if (url !== null && /^http:\/\/[^/?#@\s\\]+\/?$/i.test(text) && url.port !== '0') return url.origin;
  basis.report(
    lucarneOptions.importProxy,
    'the value is not the URL of a proxy; allowed is http://host:port, without user, password and path',
  );
  return null;
}
