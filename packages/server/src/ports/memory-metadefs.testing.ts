/**
 * Metadata definitions in memory: what the use cases are tested on, and the shortest program that keeps the promises of
 * the port. Each method does all it does in one turn, on a copy that takes effect when nothing was refused.
 */
import { conflict, forbidden, notFound } from '../domain/errors.ts';
import type { MetadefSort, NamespaceListQuery, TagListQuery } from '../domain/metadefs/list-parameters.ts';
import type {
  AssociationAttributes,
  MetadefNamespace,
  MetadefObject,
  MetadefTag,
  NamespaceAttributes,
  ObjectAttributes,
  ResourceType,
  ResourceTypeAssociation,
} from '../domain/metadefs/metadefs.ts';
import { joinRequired, splitRequired } from '../domain/metadefs/metadefs.ts';
import { namedDefinition } from '../domain/metadefs/property-definition.ts';
import type { PropertyDefinition } from '../domain/metadefs/property-definition.ts';
import type { Viewer } from '../domain/request-context.ts';
import { compareUtf8 } from '../domain/text-rules.ts';
import type { MetadefRepository } from './metadef-repository.ts';

interface Numbered {
  readonly id: number;
}

interface MemoryNamespace {
  readonly namespace: MetadefNamespace;
  readonly associations: readonly ResourceTypeAssociation[];
  readonly properties: readonly { readonly name: string; readonly definition: PropertyDefinition }[];
  readonly objects: readonly MetadefObject[];
  readonly tags: readonly (MetadefTag & Numbered)[];
}

interface State {
  readonly namespaces: readonly MemoryNamespace[];
  readonly resourceTypes: readonly ResourceType[];
  readonly lastId: number;
}

export interface MemoryMetadefs {
  state: State;
}

export function openMemoryMetadefs(): MemoryMetadefs {
  return { state: { namespaces: [], resourceTypes: [], lastId: 0 } };
}

export function memoryMetadefRepository(database: MemoryMetadefs): MetadefRepository {
  return {
    namespaces: namespaces(database),
    resourceTypes: resourceTypes(database),
    properties: properties(database),
    objects: objects(database),
    tags: tags(database),
  };
}

function namespaces(database: MemoryMetadefs): MetadefRepository['namespaces'] {
  return {
    async list(query) {
      const visible = database.state.namespaces.filter((item) => isListed(item, query));
      const marker = database.state.namespaces.find(({ namespace }) => namespace.name === query.marker);
      if (query.marker !== null && marker === undefined) return [];
      const compare = (one: MemoryNamespace, other: MemoryNamespace) =>
        compareBy(query.sort, (key) => [namespaceKey(one, key), namespaceKey(other, key)]);
      const behind = visible.toSorted(compare).filter((item) => marker === undefined || compare(item, marker) > 0);
      return behind.slice(0, query.limit).map(({ namespace, associations }) => ({ namespace, associations }));
    },

    async show(viewer, name) {
      const found = database.state.namespaces.find(({ namespace }) => namespace.name === name)?.namespace;
      return found !== undefined && isVisible(found, viewer) ? found : undefined;
    },

    async showContents(id) {
      const found = database.state.namespaces.find(({ namespace }) => namespace.id === id);
      return {
        associations: found?.associations ?? [],
        properties: new Map(found?.properties.map(({ name, definition }) => [name, definition])),
        objects: found?.objects ?? [],
        tags: (found?.tags ?? []).toSorted(newestFirst).flatMap((tag) => withoutNumber(tag) ?? []),
      };
    },

    async create(attributes, contents, at) {
      refuseTaken(
        database.state.namespaces.map(({ namespace }) => namespace),
        attributes.name,
      );
      const { lastId } = database.state;
      const namespace = { ...attributes, id: lastId + 1, createdAt: at, updatedAt: at };
      let state: State = {
        ...database.state,
        lastId: lastId + 1,
        namespaces: [
          ...database.state.namespaces,
          { namespace, associations: [], properties: [], objects: [], tags: [] },
        ],
      };
      for (const item of contents.associations ?? []) state = withAssociation(state, namespace.id, [item, at]);
      for (const object of contents.objects ?? []) state = withObject(state, namespace.id, [object, at]);
      for (const tag of contents.tags ?? []) state = withTag(state, namespace.id, [tag.name, at]);
      for (const [name, definition] of contents.properties ?? []) {
        state = withProperty(state, namespace.id, { name, definition });
      }
      database.state = state;
      return namespace;
    },

    async update(id, attributes, at) {
      const found = requireNamespace(database.state, id);
      const others = database.state.namespaces.filter((item) => item !== found).map(({ namespace }) => namespace);
      refuseTaken(others, attributes.name);
      const namespace = { ...found.namespace, ...attributes, updatedAt: at };
      database.state = replaced(database.state, id, { ...found, namespace });
    },

    async delete(id) {
      refuseProtected(requireNamespace(database.state, id));
      database.state = {
        ...database.state,
        namespaces: database.state.namespaces.filter(({ namespace }) => namespace.id !== id),
      };
    },
  };
}

function resourceTypes(database: MemoryMetadefs): MetadefRepository['resourceTypes'] {
  const associations = (id: number) =>
    database.state.namespaces.find(({ namespace }) => namespace.id === id)?.associations ?? [];
  return {
    list: async () => database.state.resourceTypes,
    listAssociations: async (id) => associations(id),
    showAssociation: async (id, name) => associations(id).find((item) => item.name === name),

    async associate(id, attributes, at) {
      database.state = withAssociation(database.state, id, [attributes, at]);
    },

    async dissociate(id, name) {
      const found = requireNamespace(database.state, id);
      const rest = found.associations.filter((item) => item.name !== name);
      if (rest.length === found.associations.length) return false;
      refuseProtected(found);
      database.state = replaced(database.state, id, { ...found, associations: rest });
      return true;
    },
  };
}

function properties(database: MemoryMetadefs): MetadefRepository['properties'] {
  const known = (id: number) =>
    database.state.namespaces.find(({ namespace }) => namespace.id === id)?.properties ?? [];
  return {
    list: async (id) => new Map(known(id).map(({ name, definition }) => [name, definition])),
    show: async (id, name) => known(id).find((property) => property.name === name)?.definition,

    async create(id, { name, definition }) {
      database.state = withProperty(database.state, id, { name, definition: namedDefinition(name, definition) });
    },

    async update(id, name, { property }) {
      const found = requireNamespace(database.state, id);
      if (!found.properties.some((item) => item.name === name)) return false;
      const changed = { name: property.name, definition: namedDefinition(property.name, property.definition) };
      database.state = replaced(database.state, id, {
        ...found,
        properties: renamed(found.properties, name, changed),
      });
      return true;
    },

    ...deletions(database, 'properties'),
  };
}

function objects(database: MemoryMetadefs): MetadefRepository['objects'] {
  const known = (id: number) => database.state.namespaces.find(({ namespace }) => namespace.id === id)?.objects ?? [];
  return {
    list: async (id) => known(id),
    show: async (id, name) => known(id).find((object) => object.name === name),

    async create(id, object, at) {
      database.state = withObject(database.state, id, [object, at]);
    },

    async update(id, name, { object, at }) {
      const found = requireNamespace(database.state, id);
      const before = found.objects.find((item) => item.name === name);
      if (before === undefined) return undefined;
      const changed = { ...storedObject(object), createdAt: before.createdAt, updatedAt: at };
      database.state = replaced(database.state, id, { ...found, objects: renamed(found.objects, name, changed) });
      return before;
    },

    ...deletions(database, 'objects'),
  };
}

function tags(database: MemoryMetadefs): MetadefRepository['tags'] {
  const known = (id: number) => database.state.namespaces.find(({ namespace }) => namespace.id === id)?.tags ?? [];
  return {
    async list(id, query) {
      const marker = known(id).find(({ name }) => name === query.marker);
      if (query.marker !== null && marker === undefined) return undefined;
      return pageOfTags(known(id), query, marker);
    },

    show: async (id, name) => withoutNumber(known(id).find((tag) => tag.name === name)),

    async create(id, { names, replace }, at) {
      const found = requireNamespace(database.state, id);
      let state = replace && names.length > 0 ? replaced(database.state, id, { ...found, tags: [] }) : database.state;
      for (const name of names) state = withTag(state, id, [name, at]);
      database.state = state;
    },

    async rename(id, name, { to, at }) {
      const found = requireNamespace(database.state, id);
      const before = found.tags.find((tag) => tag.name === name);
      if (before === undefined) return undefined;
      const changed = { ...before, name: to, updatedAt: at };
      database.state = replaced(database.state, id, { ...found, tags: renamed(found.tags, name, changed) });
      return withoutNumber(before);
    },

    ...deletions(database, 'tags'),
  };
}

function deletions(database: MemoryMetadefs, kind: 'properties' | 'objects' | 'tags') {
  return {
    async delete(id: number, name: string): Promise<boolean> {
      const found = requireNamespace(database.state, id);
      const rest = found[kind].filter((child) => child.name !== name);
      if (rest.length === found[kind].length) return false;
      refuseProtected(found);
      database.state = replaced(database.state, id, { ...found, [kind]: rest });
      return true;
    },

    async deleteAll(id: number): Promise<void> {
      const found = requireNamespace(database.state, id);
      refuseProtected(found);
      database.state = replaced(database.state, id, { ...found, [kind]: [] });
    },
  };
}

function withAssociation(state: State, id: number, [item, at]: readonly [AssociationAttributes, Date]): State {
  const found = requireNamespace(state, id);
  refuseTaken(found.associations, item.name);
  const { name, prefix, propertiesTarget } = item;
  const association = { name, prefix, propertiesTarget, createdAt: at, updatedAt: at };
  const isKnown = state.resourceTypes.some((known) => known.name === name);
  const types = isKnown ? state.resourceTypes : [...state.resourceTypes, { name, createdAt: at, updatedAt: at }];
  const rank = (one: ResourceTypeAssociation) => types.findIndex((known) => known.name === one.name);
  const associations = [...found.associations, association].toSorted(
    (one, other) => one.createdAt.getTime() - other.createdAt.getTime() || rank(one) - rank(other),
  );
  return { ...replaced(state, id, { ...found, associations }), resourceTypes: types };
}

function withProperty(
  state: State,
  id: number,
  property: { readonly name: string; readonly definition: PropertyDefinition },
): State {
  const found = requireNamespace(state, id);
  refuseTaken(found.properties, property.name);
  return replaced(state, id, { ...found, properties: [...found.properties, property] });
}

function withObject(state: State, id: number, [object, at]: readonly [ObjectAttributes, Date]): State {
  const found = requireNamespace(state, id);
  refuseTaken(found.objects, object.name);
  const added = { ...storedObject(object), createdAt: at, updatedAt: at };
  return replaced(state, id, { ...found, objects: [...found.objects, added] });
}

function withTag(state: State, id: number, [name, at]: readonly [string, Date]): State {
  const found = requireNamespace(state, id);
  refuseTaken(found.tags, name);
  const added = { id: state.lastId + 1, name, createdAt: at, updatedAt: at };
  return { ...replaced(state, id, { ...found, tags: [...found.tags, added] }), lastId: added.id };
}

function storedObject({ name, description, required, properties }: ObjectAttributes) {
  return {
    name,
    description,
    required: splitRequired(joinRequired(required)),
    properties: properties ?? new Map<string, PropertyDefinition>(),
  };
}

function renamed<Child extends { readonly name: string }>(
  children: readonly Child[],
  name: string,
  changed: Child,
): readonly Child[] {
  refuseTaken(
    children.filter((child) => child.name !== name),
    changed.name,
  );
  return children.map((child) => (child.name === name ? changed : child));
}

function replaced(state: State, id: number, changed: MemoryNamespace): State {
  const items = state.namespaces.map((item) => (item.namespace.id === id ? changed : item));
  return { ...state, namespaces: items };
}

function requireNamespace(state: State, id: number): MemoryNamespace {
  const found = state.namespaces.find(({ namespace }) => namespace.id === id);
  if (found === undefined) throw notFound('The namespace does not exist any more.');
  return found;
}

function refuseTaken(others: readonly { readonly name: string }[], name: string): void {
  if (others.some((other) => other.name === name)) throw conflict(`${name} exists already.`);
}

function refuseProtected({ namespace }: MemoryNamespace): void {
  if (namespace.protected) throw forbidden(`The namespace ${namespace.name} is protected.`);
}

function isVisible(namespace: NamespaceAttributes, viewer: Viewer): boolean {
  const isOwn = viewer.projectId !== null && namespace.owner === viewer.projectId;
  return viewer.isAdmin || isOwn || namespace.visibility === 'public';
}

function isListed({ namespace, associations }: MemoryNamespace, query: NamespaceListQuery): boolean {
  const { viewer, visibility, resourceTypes: types } = query;
  if (!isVisible(namespace, viewer)) return false;
  if (visibility !== null && visibility !== namespace.visibility) return false;
  return types === null || associations.some(({ name }) => types.includes(name));
}

type SortValue = string | number;

function namespaceKey({ namespace }: MemoryNamespace, key: NamespaceListQuery['sort'][number]['key']): SortValue {
  const values: Record<typeof key, SortValue> = {
    id: namespace.id,
    namespace: namespace.name,
    display_name: namespace.displayName ?? '',
    description: namespace.description ?? '',
    visibility: namespace.visibility,
    protected: Number(namespace.protected),
    owner: namespace.owner,
    created_at: namespace.createdAt.getTime(),
    updated_at: (namespace.updatedAt ?? namespace.createdAt).getTime(),
  };
  return values[key];
}

function pageOfTags(
  all: readonly (MetadefTag & Numbered)[],
  query: TagListQuery,
  marker: (MetadefTag & Numbered) | undefined,
): readonly MetadefTag[] {
  const valueOf = (tag: MetadefTag & Numbered, key: TagListQuery['sort'][number]['key']): SortValue =>
    ({
      id: tag.id,
      name: tag.name,
      namespace_id: 0,
      created_at: tag.createdAt.getTime(),
      updated_at: (tag.updatedAt ?? tag.createdAt).getTime(),
    })[key];
  const compare = (one: MetadefTag & Numbered, other: MetadefTag & Numbered) =>
    compareBy(query.sort, (key) => [valueOf(one, key), valueOf(other, key)]);
  const behind = all.toSorted(compare).filter((tag) => marker === undefined || compare(tag, marker) > 0);
  return behind.slice(0, query.limit ?? behind.length).flatMap((tag) => withoutNumber(tag) ?? []);
}

function compareBy<Key>(
  sort: readonly MetadefSort<Key>[],
  valuesOf: (key: Key) => readonly [SortValue, SortValue],
): number {
  for (const { key, direction } of sort) {
    const [one, other] = valuesOf(key);
    const order =
      typeof one === 'string' && typeof other === 'string' ? compareUtf8(one, other) : Number(one) - Number(other);
    if (order !== 0) return direction === 'asc' ? order : -order;
  }
  return 0;
}

function newestFirst(one: MetadefTag & Numbered, other: MetadefTag & Numbered): number {
  return other.createdAt.getTime() - one.createdAt.getTime() || other.id - one.id;
}

function withoutNumber(tag: (MetadefTag & Numbered) | undefined): MetadefTag | undefined {
  if (tag === undefined) return undefined;
  const { name, createdAt, updatedAt } = tag;
  return { name, createdAt, updatedAt };
}
