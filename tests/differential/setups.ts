/**
 * The configurations under which the two services are compared. A scenario names the one it is written for; a run starts a
 * pair of services for each.
 *
 * Together they cover the four combinations that decide which API versions exist: with and without stores that have ids,
 * with and without an image cache.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { protectionFiles, writeProtectionFiles } from './support/protection-files.ts';
import { commonOptions, overlayOptions } from './support/service-options.ts';
import type { IniSections } from './support/service-options.ts';

export const setupNames = [
  'single-store',
  'single-store-import',
  'multi-store',
  'lost-store',
  'cache',
  'delayed-delete',
  'protected-by-roles',
  'protected-by-policies',
] as const;

export type SetupName = (typeof setupNames)[number];

/** What a scenario runs under when it says nothing. */
export const plainSetup: SetupName = 'single-store';

export interface SetupPlace {
  /** Where the service keeps what it has; `prepareFolder` has been there before. */
  readonly folder: string;
  /** Port of the web server that the services may fetch from. */
  readonly webPort: number;
}

const setupFolders: readonly string[] = ['images', 'fast', 'slow', 'staging', 'tasks', 'cache', 'locks', 'policy.d'];

/** Makes the folders and files that the options of the setups speak of. */
export async function prepareFolder(folder: string): Promise<void> {
  for (const name of setupFolders) await mkdir(join(folder, name));
  await writeProtectionFiles(folder);
}

/** What happens to a service once it runs: the setup `lost-store` loses the disk of its store `slow`. */
export async function loseFolders(name: SetupName, folder: string): Promise<void> {
  if (name === 'lost-store') await rm(join(folder, 'slow'), { recursive: true });
}

/** The options of a setup that both services understand. */
export function setupOptions(name: SetupName, place: SetupPlace): IniSections {
  return overlayOptions(commonOptions(place.folder), ownOptions[name](place));
}

/** Whether the middleware that serves and fills the image cache, and its older routes, are on. */
export function hasImageCache(name: SetupName): boolean {
  return name === 'cache' || name === 'delayed-delete';
}

function importingMultiStore(place: SetupPlace): IniSections {
  return overlayOptions(overlayOptions(multiStore(place), importFrom(place)), {
    DEFAULT: {
      enabled_import_methods: '[glance-direct,web-download,glance-download,copy-image]',
      show_image_direct_url: 'true',
      show_multiple_locations: 'true',
    },
    paste_deploy: { flavor: 'trusted-auth' },
  });
}

const ownOptions: Readonly<Record<SetupName, (place: SetupPlace) => IniSections>> = {
  'single-store': (place) =>
    overlayOptions(singleStore(place), {
      DEFAULT: { enabled_import_methods: '[]' },
      paste_deploy: { flavor: 'trusted-auth' },
    }),

  'single-store-import': (place) =>
    overlayOptions(overlayOptions(singleStore(place), importFrom(place)), {
      DEFAULT: {
        enabled_import_methods: '[web-download,glance-direct]',
        show_image_direct_url: 'true',
        show_multiple_locations: 'true',
      },
      paste_deploy: { flavor: 'trusted-auth' },
    }),

  'multi-store': importingMultiStore,

  'lost-store': importingMultiStore,

  cache: (place) =>
    overlayOptions(singleStore(place), {
      DEFAULT: { enabled_import_methods: '[]', ...imageCache(place) },
      paste_deploy: { flavor: 'trusted-auth+cachemanagement' },
    }),

  'delayed-delete': (place) =>
    overlayOptions(multiStore(place), {
      DEFAULT: {
        enabled_import_methods: '[]',
        delayed_delete: 'true',
        // Nothing is scrubbed while a table runs.
        scrub_time: '86400',
        user_storage_quota: '40',
        ...imageCache(place),
      },
      paste_deploy: { flavor: 'trusted-auth+cachemanagement' },
    }),

  'protected-by-roles': protectedStore('roles'),

  'protected-by-policies': protectedStore('policies'),
};

/** Properties are plenty, for there is one of every kind. */
function protectedStore(style: keyof typeof protectionFiles): (place: SetupPlace) => IniSections {
  return (place) =>
    overlayOptions(singleStore(place), {
      DEFAULT: {
        enabled_import_methods: '[]',
        image_property_quota: '20',
        property_protection_file: join(place.folder, protectionFiles[style]),
        property_protection_rule_format: style,
      },
      paste_deploy: { flavor: 'trusted-auth' },
    });
}

function singleStore({ folder }: SetupPlace): IniSections {
  return {
    DEFAULT: { node_staging_uri: `file://${join(folder, 'staging')}` },
    task: { work_dir: join(folder, 'tasks') },
    glance_store: {
      stores: 'file,http',
      default_store: 'file',
      filesystem_store_datadir: join(folder, 'images'),
    },
  };
}

function multiStore({ folder }: SetupPlace): IniSections {
  return {
    DEFAULT: { enabled_backends: 'fast:file, slow:file, mirror:http' },
    glance_store: { default_backend: 'fast' },
    fast: { filesystem_store_datadir: join(folder, 'fast'), store_description: 'Quick disks' },
    slow: { filesystem_store_datadir: join(folder, 'slow'), filesystem_store_chunk_size: '4096' },
    mirror: { store_description: 'What others publish' },
    os_glance_staging_store: { filesystem_store_datadir: join(folder, 'staging') },
    os_glance_tasks_store: { filesystem_store_datadir: join(folder, 'tasks') },
  };
}

function importFrom({ webPort }: SetupPlace): IniSections {
  return {
    import_filtering_opts: {
      allowed_schemes: '[http,https]',
      // Named, because loopback addresses are refused otherwise.
      allowed_hosts: '[127.0.0.1]',
      allowed_ports: `[80,443,${webPort}]`,
    },
  };
}

function imageCache({ folder }: SetupPlace): Readonly<Record<string, string>> {
  return { image_cache_dir: join(folder, 'cache'), image_cache_driver: 'sqlite', image_cache_stall_time: '86400' };
}
