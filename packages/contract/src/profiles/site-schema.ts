/** Fits the image properties a deployment published to the formats and properties of the site that looks like it. */
import type { JsonSchema } from '../schemas/json-schema.ts';
import type { SchemaSite } from './api-profile.ts';

type Properties = Readonly<Record<string, JsonSchema>>;

/** Without a configuration of its own, the site publishes exactly what the deployment did. */
export function fittedToSite(published: Properties, site: SchemaSite): Properties {
  const fitted = Object.entries(published).map(([name, schema]) => [name, fittedFormats(name, schema, site)] as const);
  if (site.ownProperties === null) return Object.fromEntries(fitted);
  const base = fitted.filter(([, schema]) => schema.is_base !== false);
  const baseNames = new Set(base.map(([name]) => name));
  const own = Object.entries(site.ownProperties)
    .filter(([name]) => !baseNames.has(name))
    .map(([name, schema]) => [name, { ...schema, is_base: false }] as const);
  return Object.fromEntries([...base, ...own]);
}

function fittedFormats(name: string, schema: JsonSchema, site: SchemaSite): JsonSchema {
  const allowed = { disk_format: site.diskFormats, container_format: site.containerFormats }[name];
  if (allowed === undefined) return schema;
  const formats = new Set<unknown>([null, ...allowed]);
  return { ...schema, enum: (schema.enum ?? []).filter((format) => formats.has(format)) };
}
