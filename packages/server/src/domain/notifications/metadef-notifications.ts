/**
 * What others are told about metadata definitions. Values that are empty, zero or false are told as null in definitions
 * of properties, as consumers know it. Source: contract 13 A4, 09.
 */
import { exactInteger } from '../../lib/raw-json.ts';
import type {
  AssociationAttributes,
  MetadefNamespace,
  MetadefTag,
  ObjectAttributes,
  ResourceTypeAssociation,
} from '../metadefs/metadefs.ts';
import type { AttributeValue, PropertyDefinition } from '../metadefs/property-definition.ts';
import type { JsonObject } from '../tasks/task.ts';
import { deletionMembers, nullablePayloadTime } from './notification.ts';
import type { Notification, NotificationType } from './notification.ts';

/** Namespaces can be renamed and what is in them moves along, so their order is kept among all of them. */
const stream = 'metadefs';

interface Stamps {
  readonly createdAt: Date;
  readonly updatedAt: Date | null;
}

/** What is not in the record: the name before a change, and when the record was deleted. */
export interface MetadefChange {
  readonly formerName?: string;
  readonly deletedAt?: Date;
}

type NamespaceEvent = 'create' | 'update' | 'delete' | 'delete_objects' | 'delete_properties' | 'delete_tags';
type ChildEvent = 'create' | 'update' | 'delete';

export function namespaceNotification(
  event: NamespaceEvent,
  namespace: Omit<MetadefNamespace, 'id'>,
  change: MetadefChange = {},
): Notification {
  return about(`metadef_namespace.${event}`, namespace.name, {
    namespace: namespace.name,
    namespace_old: change.formerName ?? namespace.name,
    display_name: namespace.displayName,
    protected: namespace.protected,
    visibility: namespace.visibility,
    owner: namespace.owner,
    description: namespace.description,
    ...stampMembers(namespace),
    ...deletionMembers(change.deletedAt),
  });
}

export function objectNotification(
  event: ChildEvent,
  { namespace, object }: { readonly namespace: string; readonly object: ObjectAttributes & Stamps },
  change: MetadefChange = {},
): Notification {
  const { name } = object;
  return about(`metadef_object.${event}`, `${namespace}/objects/${name}`, {
    namespace,
    name,
    name_old: change.formerName ?? name,
    properties: [...(object.properties ?? [])].map(([property, definition]) => ({
      name: property,
      ...truthyMembers(definition),
    })),
    required: object.required,
    description: object.description,
    ...stampMembers(object),
    ...deletionMembers(change.deletedAt),
  });
}

export function propertyNotification(
  event: ChildEvent,
  property: { readonly namespace: string; readonly name: string; readonly definition: PropertyDefinition },
  change: MetadefChange = {},
): Notification {
  const { namespace, name } = property;
  return about(`metadef_property.${event}`, `${namespace}/properties/${name}`, {
    namespace,
    name,
    name_old: change.formerName ?? name,
    ...definitionMembers(property.definition),
    ...deletionMembers(change.deletedAt),
  });
}

export function tagNotification(
  event: ChildEvent,
  { namespace, tag }: { readonly namespace: string; readonly tag: MetadefTag },
  change: MetadefChange = {},
): Notification {
  return about(`metadef_tag.${event}`, `${namespace}/tags/${tag.name}`, {
    namespace,
    name: tag.name,
    name_old: change.formerName ?? tag.name,
    ...stampMembers(tag),
    ...deletionMembers(change.deletedAt),
  });
}

export function associationNotification(
  event: 'create' | 'delete',
  input: { readonly namespace: string; readonly association: AssociationAttributes & Stamps },
  change: MetadefChange = {},
): Notification {
  const { namespace, association } = input;
  const { name, prefix, propertiesTarget }: Omit<ResourceTypeAssociation, keyof Stamps> = association;
  return about(`metadef_resource_type.${event}`, `${namespace}/resource_types/${name}`, {
    namespace,
    name,
    name_old: change.formerName ?? name,
    prefix,
    properties_target: propertiesTarget,
    ...stampMembers(association),
    ...deletionMembers(change.deletedAt),
  });
}

function about(type: NotificationType, subject: string, payload: JsonObject): Notification {
  return { type, priority: 'INFO', payload, subject, stream };
}

function stampMembers({ createdAt, updatedAt }: Stamps) {
  return { created_at: nullablePayloadTime(createdAt), updated_at: nullablePayloadTime(updatedAt ?? createdAt) };
}

const definitionNames = [
  'type',
  'title',
  'description',
  'default',
  'minimum',
  'maximum',
  'enum',
  'pattern',
  'minLength',
  'maxLength',
  'confidential',
  'items',
  'uniqueItems',
  'minItems',
  'maxItems',
  'additionalItems',
] as const;

/** As it is stored. */
function definitionMembers(definition: PropertyDefinition): JsonObject {
  return Object.fromEntries(definitionNames.map((name) => [name, valueToTell(definition.get(name) ?? null)]));
}

/** Within an object what Python takes for false is not told. */
function truthyMembers(definition: PropertyDefinition): JsonObject {
  return definitionMembers(new Map([...definition].filter(([, value]) => isTruthy(value))));
}

function valueToTell(value: AttributeValue): unknown {
  if (typeof value === 'bigint') return exactInteger(value);
  return typeof value !== 'object' || value === null || isList(value) ? value : Object.fromEntries(value);
}

function isTruthy(value: AttributeValue): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value);
  return (isList(value) ? value.length : value.size) > 0;
}

function isList(
  value: readonly (string | null)[] | ReadonlyMap<string, AttributeValue>,
): value is readonly (string | null)[] {
  return Array.isArray(value);
}
