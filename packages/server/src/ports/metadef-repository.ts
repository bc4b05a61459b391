/**
 * Metadata definitions. Names compare as the database compares text. A name that is taken raises `conflict`, a
 * namespace that vanished meanwhile `notFound`, deleting what is in a protected namespace `forbidden`; in all cases
 * nothing has changed. Source: contract 09 §1, 12 §9.
 */
import type { NamespaceListQuery, TagListQuery } from '../domain/metadefs/list-parameters.ts';
import type {
  AssociationAttributes,
  MetadefNamespace,
  MetadefObject,
  MetadefTag,
  NamespaceAttributes,
  NamespaceContents,
  NewNamespaceContents,
  ObjectAttributes,
  ResourceType,
  ResourceTypeAssociation,
} from '../domain/metadefs/metadefs.ts';
import type { PropertyDefinition } from '../domain/metadefs/property-definition.ts';
import type { Viewer } from '../domain/request-context.ts';

export interface MetadefRepository {
  readonly namespaces: MetadefNamespaceRepository;
  readonly resourceTypes: MetadefResourceTypeRepository;
  readonly properties: MetadefPropertyRepository;
  readonly objects: MetadefObjectRepository;
  readonly tags: MetadefTagRepository;
}

/** A namespace of a list, with the resource types it goes with. */
export interface ListedNamespace {
  readonly namespace: MetadefNamespace;
  readonly associations: readonly ResourceTypeAssociation[];
}

export interface MetadefNamespaceRepository {
  /** One page. A marker that does not exist gives an empty one. */
  list(query: NamespaceListQuery): Promise<readonly ListedNamespace[]>;
  /** Undefined when there is none or the viewer may not see it. */
  show(viewer: Viewer, name: string): Promise<MetadefNamespace | undefined>;
  /** Everything in a namespace, of one moment; nothing for one that is gone. */
  showContents(id: number): Promise<NamespaceContents>;
  /** With all its contents, or not at all. */
  create(attributes: NamespaceAttributes, contents: NewNamespaceContents, at: Date): Promise<MetadefNamespace>;
  /** Replaces all attributes. */
  update(id: number, attributes: NamespaceAttributes, at: Date): Promise<void>;
  /** With all its contents; resource types stay. */
  delete(id: number): Promise<void>;
}

export interface MetadefResourceTypeRepository {
  /** All there are, in row order. */
  list(): Promise<readonly ResourceType[]>;
  /** The oldest first; of one moment in the order in which their types became known. */
  listAssociations(namespaceId: number): Promise<readonly ResourceTypeAssociation[]>;
  /** Undefined when the namespace does not go with the type. */
  showAssociation(namespaceId: number, name: string): Promise<ResourceTypeAssociation | undefined>;
  /** Makes the resource type known if it is not. */
  associate(namespaceId: number, attributes: AssociationAttributes, at: Date): Promise<void>;
  /** False when the namespace does not go with the type. */
  dissociate(namespaceId: number, name: string): Promise<boolean>;
}

export interface MetadefPropertyRepository {
  /** By name, in row order. */
  list(namespaceId: number): Promise<ReadonlyMap<string, PropertyDefinition>>;
  show(namespaceId: number, name: string): Promise<PropertyDefinition | undefined>;
  create(namespaceId: number, property: NamedProperty, at: Date): Promise<void>;
  /** Replaces it, its name included. False when there is none. */
  update(
    namespaceId: number,
    name: string,
    change: { readonly property: NamedProperty; readonly at: Date },
  ): Promise<boolean>;
  /** False when there is none. */
  delete(namespaceId: number, name: string): Promise<boolean>;
  deleteAll(namespaceId: number): Promise<void>;
}

export interface NamedProperty {
  readonly name: string;
  readonly definition: PropertyDefinition;
}

export interface MetadefObjectRepository {
  /** In row order. */
  list(namespaceId: number): Promise<readonly MetadefObject[]>;
  show(namespaceId: number, name: string): Promise<MetadefObject | undefined>;
  create(namespaceId: number, object: ObjectAttributes, at: Date): Promise<void>;
  /** Replaces it, its name included; gives what was there before, undefined when there is none. */
  update(
    namespaceId: number,
    name: string,
    change: { readonly object: ObjectAttributes; readonly at: Date },
  ): Promise<MetadefObject | undefined>;
  /** False when there is none. */
  delete(namespaceId: number, name: string): Promise<boolean>;
  deleteAll(namespaceId: number): Promise<void>;
}

export interface MetadefTagRepository {
  /** Undefined when there is no tag of the marker's name. */
  list(namespaceId: number, query: TagListQuery): Promise<readonly MetadefTag[] | undefined>;
  show(namespaceId: number, name: string): Promise<MetadefTag | undefined>;
  /** `replace` removes all other tags first, unless there are no names. */
  create(
    namespaceId: number,
    tags: { readonly names: readonly string[]; readonly replace: boolean },
    at: Date,
  ): Promise<void>;
  /** Gives the tag as it was before; undefined when there is none. */
  rename(
    namespaceId: number,
    name: string,
    change: { readonly to: string; readonly at: Date },
  ): Promise<MetadefTag | undefined>;
  /** False when there is none. */
  delete(namespaceId: number, name: string): Promise<boolean>;
  deleteAll(namespaceId: number): Promise<void>;
}
