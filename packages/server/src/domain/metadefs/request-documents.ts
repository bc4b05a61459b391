/**
 * What the bodies of requests say. Checked in the order in which clients are told: read-only attributes are a 403
 * before the published schema is looked at, and what the schema lets pass and no column or model can take is a 400
 * after it. Source: contract 09 §3, §4.1. Differs: contract 09 §3 [BUG]; names in a namespace's body are limited, too.
 */
import { badRequest, forbidden } from '../errors.ts';
import { codePointLength, hasUnstorableCharacters } from '../text-rules.ts';
import type {
  AssociationAttributes,
  MetadefVisibility,
  NamespaceAttributes,
  NewNamespaceContents,
  ObjectAttributes,
} from './metadefs.ts';
import { isRecord, readDefinition, readDefinitions, unstorable } from './property-definition.ts';
import type { PropertyDefinition } from './property-definition.ts';

export type MetadefDocument = 'namespace' | 'resourceType' | 'property' | 'object' | 'tag' | 'tags';

/** What is wrong with a body, for the client to read; null when it fits. */
export type SchemaCheck = (document: MetadefDocument, body: unknown) => string | null;

/** A body twice: with plain numbers, as schemas know them, and with numbers as they were written. */
export interface RequestBody {
  readonly plain: JsonRecord;
  readonly exact: JsonRecord;
}

type JsonRecord = Readonly<Record<string, unknown>>;

/** What is said about an item beside its attributes: it is repeated in the answer, and not stored. */
export type Remarks = ReadonlyMap<string, string | null>;

interface Remarked {
  readonly remarks: Remarks;
}

export interface NamespaceRequest {
  /** Null leaves the owner to the caller. */
  readonly attributes: Omit<NamespaceAttributes, 'owner'> & { readonly owner: string | null };
  readonly contents: RequestedContents;
}

export interface RequestedContents extends NewNamespaceContents {
  readonly associations: readonly (AssociationAttributes & Remarked)[] | null;
  readonly objects: readonly (ObjectAttributes & Remarked)[] | null;
  readonly tags: readonly ({ readonly name: string } & Remarked)[] | null;
}

export interface PropertyRequest {
  readonly name: string;
  readonly definition: PropertyDefinition;
}

const times = ['created_at', 'updated_at'];
const timesAndLinks = [...times, 'self', 'schema'];
const longestName = 80;

export function readNamespaceRequest(check: SchemaCheck, body: RequestBody): NamespaceRequest {
  checkBody(check, 'namespace', body);
  const { exact } = body;
  return {
    attributes: {
      name: textOf(exact, 'namespace') ?? '',
      displayName: textOf(exact, 'display_name'),
      description: textOf(exact, 'description'),
      visibility: visibilityOf(exact['visibility']),
      protected: exact['protected'] === true,
      owner: textOf(exact, 'owner'),
    },
    contents: contentsOf(exact),
  };
}

export function readPropertyRequest(check: SchemaCheck, body: RequestBody): PropertyRequest {
  checkBody(check, 'property', body);
  return { name: nameOf(body.exact), definition: readDefinition(body.exact) };
}

/** `strict` holds each property in it against the schema of properties, as creating does. */
export function readObjectRequest(
  check: SchemaCheck,
  body: RequestBody,
  { strict }: { readonly strict: boolean },
): ObjectAttributes {
  checkBody(check, 'object', body);
  const { properties } = body.plain;
  if (strict && isRecord(properties)) {
    for (const definition of Object.values(properties)) {
      // The schema of a property asks for a name, which here is the key and may have any length.
      const problem = check('property', { name: '', ...(isRecord(definition) ? definition : {}) });
      if (problem !== null) throw badRequest(problem);
    }
  }
  return objectOf(body.exact);
}

export function readAssociationRequest(check: SchemaCheck, body: RequestBody): AssociationAttributes {
  checkBody(check, 'resourceType', body);
  return associationOf(body.exact);
}

export function readTagRequest(check: SchemaCheck, body: RequestBody): { readonly name: string } {
  checkBody(check, 'tag', body);
  return { name: nameOf(body.exact) };
}

export function readTagsRequest(check: SchemaCheck, body: RequestBody): readonly { readonly name: string }[] {
  checkBody(check, 'tags', body);
  return itemsOf(body.exact, 'tags').map((item) => ({ name: nameOf(item) }));
}

/** A name from the path of a request that creates something. */
export function checkNewName(name: string): string {
  return nameOf({ name });
}

function checkBody(check: SchemaCheck, document: MetadefDocument, { plain }: RequestBody): void {
  const readOnly = document === 'namespace' || document === 'object' ? timesAndLinks : times;
  for (const name of readOnly) {
    if (Object.hasOwn(plain, name)) throw forbidden(`The attribute "${name}" is read-only.`);
  }
  const problem = check(document, plain);
  if (problem !== null) throw badRequest(problem);
}

function contentsOf(exact: JsonRecord): RequestedContents {
  const { properties } = exact;
  return {
    associations: listOf(exact, 'resource_type_associations', (item) => ({
      ...associationOf(item),
      remarks: remarksOf(item, times, ['name', 'prefix', 'properties_target']),
    })),
    properties: isRecord(properties) ? namedProperties(properties) : null,
    objects: listOf(exact, 'objects', (item) => ({
      ...objectOf(item),
      remarks: remarksOf(item, [...times, 'schema'], ['name', 'description', 'required', 'properties']),
    })),
    tags: listOf(exact, 'tags', (item) => ({ name: nameOf(item), remarks: remarksOf(item, times, ['name']) })),
  };
}

function listOf<Item>(exact: JsonRecord, member: string, read: (item: JsonRecord) => Item): readonly Item[] | null {
  return exact[member] === undefined ? null : itemsOf(exact, member).map(read);
}

function itemsOf(exact: JsonRecord, member: string): readonly JsonRecord[] {
  const items = exact[member];
  return Array.isArray(items) ? items.filter(isRecord) : [];
}

function namedProperties(properties: JsonRecord): ReadonlyMap<string, PropertyDefinition> {
  for (const name of Object.keys(properties)) nameOf({ name });
  return readDefinitions(properties);
}

function associationOf(exact: JsonRecord): AssociationAttributes {
  return {
    name: nameOf(exact),
    prefix: textOf(exact, 'prefix', longestName),
    propertiesTarget: textOf(exact, 'properties_target', longestName),
  };
}

function objectOf(exact: JsonRecord): ObjectAttributes {
  const { required, properties } = exact;
  const names = Array.isArray(required) ? required.filter((name) => typeof name === 'string') : null;
  if (names?.some(hasUnstorableCharacters) === true) throw unstorable('required');
  return {
    name: nameOf(exact),
    description: textOf(exact, 'description'),
    required: names,
    properties: isRecord(properties) ? readDefinitions(properties) : null,
  };
}

/** What stands beside the attributes that `known` names must be among the `allowed`, as text or null. */
function remarksOf(item: JsonRecord, allowed: readonly string[], known: readonly string[]): Remarks {
  const remarks = new Map<string, string | null>();
  for (const [name, value] of Object.entries(item)) {
    if (known.includes(name)) continue;
    if (!allowed.includes(name) || (typeof value !== 'string' && value !== null)) {
      throw badRequest(`"${name}" cannot be set in a part of a namespace.`);
    }
    remarks.set(name, value);
  }
  return remarks;
}

function nameOf(exact: JsonRecord): string {
  const name = textOf(exact, 'name', longestName);
  if (name === null) throw badRequest('Everything in a namespace needs a name.');
  return name;
}

function textOf(exact: JsonRecord, member: string, longest = Infinity): string | null {
  const text = exact[member];
  if (typeof text !== 'string') return null;
  if (codePointLength(text) > longest) throw badRequest(`"${member}" has at most ${longest} characters.`);
  if (hasUnstorableCharacters(text)) throw unstorable(member);
  return text;
}

function visibilityOf(value: unknown): MetadefVisibility {
  return value === 'public' ? 'public' : 'private';
}
