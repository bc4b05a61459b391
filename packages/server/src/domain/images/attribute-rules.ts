/**
 * Which names in an image document mean what, and how the value of each becomes a field of the record: attributes a
 * client may set, attributes only the service sets, reserved words, and everything else, the custom properties.
 * Source: contract 02 §1, §10. Differs: `os_hash_*` and `stores` are refused instead of swallowed, and no name of the
 * implementation (`image_id`, `extra_properties`, …) is special.
 */
import { imageVisibilities } from '@lucarne/contract/image-attributes.ts';
import type { ImageVisibility } from '@lucarne/contract/image-attributes.ts';
import { badRequest } from '../errors.ts';
import { codePointLength, quoteForMessage } from '../text-rules.ts';
import type { Image } from './image.ts';

/** Wire names of the attributes a client may set on an existing image. */
export type WritableAttribute =
  | 'name'
  | 'visibility'
  | 'protected'
  | 'os_hidden'
  | 'owner'
  | 'tags'
  | 'container_format'
  | 'disk_format'
  | 'min_disk'
  | 'min_ram';

/** Those attributes in the record's own terms. */
export type WritableFields = Pick<
  Image,
  | 'name'
  | 'visibility'
  | 'protected'
  | 'hidden'
  | 'owner'
  | 'tags'
  | 'containerFormat'
  | 'diskFormat'
  | 'minDiskGib'
  | 'minRamMib'
>;

/** Links and lists the service derives; naming one in a new image is refused before anything else. */
const derivedAttributes: ReadonlySet<string> = new Set(['direct_url', 'self', 'file', 'schema', 'stores']);

/** Attributes only the service sets. */
const serviceAttributes: ReadonlySet<string> = new Set([
  'created_at',
  'updated_at',
  'status',
  'checksum',
  'size',
  'virtual_size',
  'os_hash_algo',
  'os_hash_value',
]);

/** Words of the first API version that must not become custom properties. */
const reservedWords: ReadonlySet<string> = new Set(['location', 'deleted', 'deleted_at']);

const reservedPrefix = 'os_glance';

const longestPropertyName = 255;

/** Gives the change a value makes to the record, or null when it is of the wrong type. */
type FieldReader = (value: unknown) => Partial<WritableFields> | null;

const fieldReaders: Readonly<Record<WritableAttribute, FieldReader>> = {
  name: (value) => (isNullableText(value) ? { name: value } : null),
  visibility: (value) => (isVisibility(value) ? { visibility: value } : null),
  protected: (value) => (typeof value === 'boolean' ? { protected: value } : null),
  os_hidden: (value) => (typeof value === 'boolean' ? { hidden: value } : null),
  // An image of nobody is stored without an owner, however that was said.
  owner: (value) => (isNullableText(value) ? { owner: value === '' ? null : value } : null),
  tags: (value) => (isTextList(value) ? { tags: [...new Set(value)] } : null),
  container_format: (value) => (isNullableText(value) ? { containerFormat: value } : null),
  disk_format: (value) => (isNullableText(value) ? { diskFormat: value } : null),
  min_disk: (value) => (Number.isInteger(value) ? { minDiskGib: Number(value) } : null),
  min_ram: (value) => (Number.isInteger(value) ? { minRamMib: Number(value) } : null),
};

export function isWritableAttribute(name: string): name is WritableAttribute {
  return Object.hasOwn(fieldReaders, name);
}

export function isDerivedAttribute(name: string): boolean {
  return derivedAttributes.has(name);
}

export function isServiceAttribute(name: string): boolean {
  return serviceAttributes.has(name);
}

/** Names under which clients can store nothing: the reserved words and the service's own properties. */
export function isReservedName(name: string): boolean {
  return reservedWords.has(name) || isServiceProperty(name);
}

/**
 * Properties the service keeps its own notes in; clients see some of them but write none. In whatever case, for there
 * are databases to which it is all the same.
 */
export function isServiceProperty(name: string): boolean {
  return name.toLowerCase().startsWith(reservedPrefix);
}

/**
 * What setting an attribute changes in the record. Formats, lengths and enums have been checked against the image
 * schema by then; a value of the wrong type all the same is a 400.
 */
export function readAttribute(name: WritableAttribute, value: unknown): Partial<WritableFields> {
  const fields = fieldReaders[name](value);
  if (fields === null) throw badRequest(`The value given for attribute ${quoteForMessage(name)} has the wrong type.`);
  return fields;
}

/** A name longer than the column is a 400. */
export function checkPropertyName(name: string): void {
  if (codePointLength(name) <= longestPropertyName) return;
  throw badRequest(`The name of property ${quoteForMessage(name)} is longer than ${longestPropertyName} characters.`);
}

/**
 * The text a custom property is stored as. Only properties an operator's schema declares can be anything but strings:
 * null stays null, all else is stored as JSON.
 */
export function propertyText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? null : JSON.stringify(value);
}

function isNullableText(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isVisibility(value: unknown): value is ImageVisibility {
  return imageVisibilities.some((visibility) => visibility === value);
}
