/**
 * Metadata definitions: namespaces, and the properties, objects, tags and resource types in them. Children belong to a
 * namespace by its number, so that a namespace can be renamed with all it holds. Source: contract 09 §1.
 *
 * `updatedAt` is null for what a directory of definitions brought in and nobody changed since.
 */
import type { PropertyDefinition } from './property-definition.ts';

export type MetadefVisibility = 'public' | 'private';

/** What a client says about a namespace. */
export interface NamespaceAttributes {
  readonly name: string;
  readonly displayName: string | null;
  readonly description: string | null;
  readonly visibility: MetadefVisibility;
  readonly protected: boolean;
  readonly owner: string;
}

interface Stamped {
  readonly createdAt: Date;
  readonly updatedAt: Date | null;
}

export interface MetadefNamespace extends NamespaceAttributes, Stamped {
  readonly id: number;
}

export interface AssociationAttributes {
  /** Of the resource type. */
  readonly name: string;
  /** Precedes the names of properties on the resource. */
  readonly prefix: string | null;
  readonly propertiesTarget: string | null;
}

/** That the properties of a namespace go with a resource type. */
export interface ResourceTypeAssociation extends AssociationAttributes, Stamped {}

export interface ResourceType extends Stamped {
  readonly name: string;
}

/** Null is what a client did not say; a stored object has both. */
export interface ObjectAttributes {
  readonly name: string;
  readonly description: string | null;
  /** Names of properties. */
  readonly required: readonly string[] | null;
  readonly properties: ReadonlyMap<string, PropertyDefinition> | null;
}

export interface MetadefObject extends ObjectAttributes, Stamped {}

export interface MetadefTag extends Stamped {
  readonly name: string;
}

/** What a namespace holds; null for what a request did not mention. */
export interface NewNamespaceContents {
  readonly associations: readonly AssociationAttributes[] | null;
  readonly properties: ReadonlyMap<string, PropertyDefinition> | null;
  readonly objects: readonly ObjectAttributes[] | null;
  readonly tags: readonly { readonly name: string }[] | null;
}

/** In the order in which it was made, but tags from the newest. */
export interface NamespaceContents extends NewNamespaceContents {
  readonly associations: readonly ResourceTypeAssociation[];
  readonly properties: ReadonlyMap<string, PropertyDefinition>;
  readonly objects: readonly MetadefObject[];
  readonly tags: readonly MetadefTag[];
}

/** Definitions of an object as its column keeps them: names joined, so that one with a comma comes apart. */
export function joinRequired(required: readonly string[] | null): string | null {
  return required === null ? null : required.join(',');
}

export function splitRequired(text: string | null): readonly string[] {
  return text === null || text === '' ? [] : text.split(',');
}
