/**
 * Between the rows of metadata definitions and what the service uses. Documents are written as Glance writes them, and
 * read whoever wrote them. Source: contract 09 §1, 12 §6, §9.
 */
import type { Selectable } from 'kysely';
import { splitRequired } from '../../domain/metadefs/metadefs.ts';
import type {
  MetadefNamespace,
  MetadefObject,
  MetadefTag,
  ResourceType,
  ResourceTypeAssociation,
} from '../../domain/metadefs/metadefs.ts';
import { storedDefinition, storedDefinitions } from '../../domain/metadefs/property-definition.ts';
import type { PropertyDefinition } from '../../domain/metadefs/property-definition.ts';
import { parseExactJson } from '../../lib/python-json.ts';
import type {
  MetadefAssociationsTable,
  MetadefNamespacesTable,
  MetadefObjectsTable,
  MetadefPropertiesTable,
  MetadefTagsTable,
} from './tables.ts';
import { booleanFromSql, numberFromSql, timeFromSql, timeToSql } from './values.ts';

export type NamespaceRow = Selectable<MetadefNamespacesTable>;
export type AssociationRow = Selectable<MetadefAssociationsTable> & { readonly name: string };
export type PropertyRow = Selectable<MetadefPropertiesTable>;
export type ObjectRow = Selectable<MetadefObjectsTable>;
export type TagRow = Selectable<MetadefTagsTable>;

/** The loader of Glance leaves visibility and protection open; they are read as private and none. */
export function namespaceFromRow(row: NamespaceRow): MetadefNamespace {
  return {
    id: numberFromSql(row.id),
    name: row.namespace,
    displayName: row.display_name,
    description: row.description,
    visibility: row.visibility === 'public' ? 'public' : 'private',
    protected: booleanFromSql(row.protected ?? false),
    owner: row.owner,
    ...stamps(row),
  };
}

export function associationFromRow(row: AssociationRow): ResourceTypeAssociation {
  return { name: row.name, prefix: row.prefix, propertiesTarget: row.properties_target, ...stamps(row) };
}

export function resourceTypeFromRow(row: {
  name: string;
  created_at: string;
  updated_at: string | null;
}): ResourceType {
  return { name: row.name, ...stamps(row) };
}

export function definitionFromRow(row: Pick<PropertyRow, 'json_schema'>): PropertyDefinition {
  return storedDefinition(storedDocument(row.json_schema));
}

export function objectFromRow(row: ObjectRow): MetadefObject {
  return {
    name: row.name,
    description: row.description,
    required: splitRequired(row.required),
    properties: storedDefinitions(storedDocument(row.json_schema)),
    ...stamps(row),
  };
}

export function tagFromRow(row: TagRow): MetadefTag {
  return { name: row.name, ...stamps(row) };
}

/** Null for what is no JSON: a row somebody else broke must not make its whole namespace unreadable. */
export function storedDocument(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return null;
  }
}

/** Stamps of a row that is new. Clients' rows count as changed when they are made. */
export function newStamps(at: Date): { created_at: string; updated_at: string } {
  const time = timeToSql(at);
  return { created_at: time, updated_at: time };
}

function stamps(row: { created_at: string; updated_at: string | null }): { createdAt: Date; updatedAt: Date | null } {
  return {
    createdAt: timeFromSql(row.created_at),
    updatedAt: row.updated_at === null ? null : timeFromSql(row.updated_at),
  };
}
