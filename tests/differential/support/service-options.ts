/**
 * The configuration both services of a differential run share: same options, same values, same INI file format.
 *
 * Quotas and page sizes are small, so that the tables reach them with a handful of requests.
 */
import { join } from 'node:path';

type IniSections = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Small limits the tables are written for. */
export const limits = {
  imageSizeCapBytes: 65_536,
  properties: 6,
  tags: 4,
  members: 3,
  pageSize: 5,
  maximumPageSize: 7,
} as const;

/** Options of a single-store service that keeps its data in `folder` and trusts the identity headers of its peer. */
export function commonOptions(folder: string): IniSections {
  return {
    DEFAULT: {
      enabled_import_methods: '[]',
      node_staging_uri: `file://${join(folder, 'staging')}`,
      image_size_cap: String(limits.imageSizeCapBytes),
      image_property_quota: String(limits.properties),
      image_tag_quota: String(limits.tags),
      image_member_quota: String(limits.members),
      limit_param_default: String(limits.pageSize),
      api_limit_max: String(limits.maximumPageSize),
    },
    database: { connection: `sqlite:///${join(folder, 'glance.sqlite')}` },
    glance_store: {
      stores: 'file,http',
      default_store: 'file',
      filesystem_store_datadir: join(folder, 'images'),
    },
    oslo_policy: {
      enforce_new_defaults: 'true',
      enforce_scope: 'true',
      policy_file: join(folder, 'policy.yaml'),
      policy_dirs: join(folder, 'policy.d'),
    },
    paste_deploy: { flavor: 'trusted-auth' },
  };
}

/** The sections with `more` laid over them, option by option. */
export function overlayOptions(sections: IniSections, more: IniSections): IniSections {
  const names = new Set([...Object.keys(sections), ...Object.keys(more)]);
  return Object.fromEntries([...names].map((name) => [name, { ...sections[name], ...more[name] }]));
}

export function renderIni(sections: IniSections): string {
  const lines = Object.entries(sections).flatMap(([name, options]) => [
    `[${name}]`,
    ...Object.entries(options).map(([option, value]) => `${option} = ${value}`),
  ]);
  return `${lines.join('\n')}\n`;
}
