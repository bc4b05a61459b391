/**
 * The configuration both services of a differential run share, and how it is written: same options, same values, same INI
 * file format. What a setup adds is in `setups.ts`.
 *
 * Quotas and page sizes are small, so that the tables reach them with a handful of requests.
 */
import { join } from 'node:path';

export type IniSections = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Small limits the tables are written for. */
export const limits = {
  imageSizeCapBytes: 65_536,
  properties: 6,
  tags: 4,
  members: 3,
  locations: 3,
  pageSize: 5,
  maximumPageSize: 7,
} as const;

/** Options of a service that keeps its data in `folder` and trusts the identity headers of its peer. */
export function commonOptions(folder: string): IniSections {
  return {
    DEFAULT: {
      image_size_cap: String(limits.imageSizeCapBytes),
      image_property_quota: String(limits.properties),
      image_tag_quota: String(limits.tags),
      image_member_quota: String(limits.members),
      image_location_quota: String(limits.locations),
      limit_param_default: String(limits.pageSize),
      api_limit_max: String(limits.maximumPageSize),
    },
    database: { connection: `sqlite:///${join(folder, 'glance.sqlite')}` },
    oslo_policy: {
      enforce_new_defaults: 'true',
      enforce_scope: 'true',
      policy_file: join(folder, 'policy.yaml'),
      policy_dirs: join(folder, 'policy.d'),
    },
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
