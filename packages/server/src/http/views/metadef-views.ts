/**
 * Metadata definitions as clients see them, members in Glance's order. Undefined members are left out, as what is not
 * set always is; Maps become objects. Source: contract 09 §4.1, §5–§8.
 */
import type {
  AssociationAttributes,
  MetadefNamespace,
  MetadefObject,
  MetadefTag,
  NamespaceContents,
  ObjectAttributes,
  ResourceType,
  ResourceTypeAssociation,
} from '../../domain/metadefs/metadefs.ts';
import type { RequestedContents } from '../../domain/metadefs/request-documents.ts';
import { wireTime } from './image-view.ts';

type View = Readonly<Record<string, unknown>>;

interface Times {
  readonly createdAt: Date;
  readonly updatedAt: Date | null;
}

const namespacesPath = '/v2/metadefs/namespaces';

/** `parts` are members that show what is in the namespace. */
export function namespaceView(namespace: MetadefNamespace, parts: View = {}): View {
  return {
    namespace: namespace.name,
    display_name: namespace.displayName ?? undefined,
    description: namespace.description ?? undefined,
    visibility: namespace.visibility,
    protected: namespace.protected,
    owner: namespace.owner,
    ...timesView(namespace),
    ...parts,
    self: `${namespacesPath}/${namespace.name}`,
    schema: '/v2/schemas/metadefs/namespace',
  };
}

/** What a namespace holds, as far as there is something. */
export function contentsView(namespace: string, contents: NamespaceContents): View {
  return {
    resource_type_associations: unlessEmpty(contents.associations.map(associationView)),
    properties: contents.properties.size === 0 ? undefined : contents.properties,
    objects: unlessEmpty(contents.objects.map((object) => objectView(namespace, object))),
    tags: unlessEmpty(contents.tags.map(({ name }) => ({ name }))),
  };
}

/** What a new namespace was given, as it was said; empty lists too. */
export function requestedContentsView(contents: RequestedContents): View {
  return {
    resource_type_associations: contents.associations?.map((item) => remarked(associationBase(item), item)),
    properties: contents.properties ?? undefined,
    objects: contents.objects?.map((item) => remarked(objectBase(item), item)),
    tags: contents.tags?.map((item) => remarked({ name: item.name }, item)),
  };
}

export function listedAssociationsView(associations: readonly ResourceTypeAssociation[]): View {
  return { resource_type_associations: unlessEmpty(associations.map(associationView)) };
}

export function associationView(association: ResourceTypeAssociation): View {
  return { ...associationBase(association), ...timesView(association) };
}

export function resourceTypeView(type: ResourceType): View {
  return { name: type.name, ...timesView(type) };
}

export function objectView(namespace: string, object: MetadefObject): View {
  return {
    ...objectBase(object),
    ...timesView(object),
    self: `${namespacesPath}/${namespace}/objects/${object.name}`,
    schema: '/v2/schemas/metadefs/object',
  };
}

export function tagView(tag: MetadefTag): View {
  return { name: tag.name, ...timesView(tag) };
}

function associationBase({ name, prefix, propertiesTarget }: AssociationAttributes): View {
  return { name, prefix: prefix ?? undefined, properties_target: propertiesTarget ?? undefined };
}

function objectBase({ name, required, description, properties }: ObjectAttributes): View {
  return {
    name,
    required: required ?? undefined,
    description: description ?? undefined,
    properties: properties ?? undefined,
  };
}

function remarked(view: View, { remarks }: { readonly remarks: ReadonlyMap<string, string | null> }): View {
  return { ...view, ...Object.fromEntries(remarks) };
}

function timesView({ createdAt, updatedAt }: Times): View {
  return { created_at: wireTime(createdAt), updated_at: updatedAt === null ? undefined : wireTime(updatedAt) };
}

function unlessEmpty<Item>(items: readonly Item[]): readonly Item[] | undefined {
  return items.length === 0 ? undefined : items;
}
