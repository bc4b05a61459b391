/**
 * A namespace as a file of definitions holds it, which operators load and export. Definitions of properties are kept as
 * they are written: it is reading them for a client that brings them into shape. Source: contract 09 §10.
 * Differs: an object without properties has none, where Glance stores `null`; what no column can hold is refused.
 */
import { badRequest } from '../errors.ts';
import { codePointLength, hasUnstorableCharacters } from '../text-rules.ts';
import type { AssociationAttributes, MetadefVisibility } from './metadefs.ts';
import { isRecord, unstorable } from './property-definition.ts';

type JsonRecord = Readonly<Record<string, unknown>>;

/** Null is what the file does not say. */
export interface NamespaceFile {
  readonly name: string;
  readonly displayName: string | null;
  readonly description: string | null;
  readonly visibility: MetadefVisibility | null;
  readonly protected: boolean | null;
  readonly owner: string;
  readonly associations: readonly AssociationAttributes[];
  /** Definitions as they are stored. */
  readonly properties: ReadonlyMap<string, unknown>;
  readonly objects: readonly FiledObject[];
  readonly tags: readonly string[];
}

export interface FiledObject {
  readonly name: string;
  readonly description: string | null;
  /** Definitions by name, as they are stored. */
  readonly properties: unknown;
}

/** What becomes of a namespace, or of its parts, that is there already. */
export type LoadMode =
  /** Nothing is touched. */
  | 'skip'
  /** Missing parts are added. */
  | 'merge'
  /** Missing parts are added, those that are there are changed. */
  | 'prefer-new'
  /** It is deleted with all its parts first. */
  | 'overwrite';

const defaultOwner = 'admin';

/** `document` is the parsed file. What it cannot mean raises `badRequest`. */
export function readNamespaceFile(document: unknown): NamespaceFile {
  if (!isRecord(document)) throw badRequest('There is no JSON object in it.');
  const { visibility, protected: isProtected, properties = {} } = document;
  if (visibility !== undefined && visibility !== null && visibility !== 'public' && visibility !== 'private') {
    throw badRequest('"visibility" is public or private.');
  }
  if (isProtected !== undefined && isProtected !== null && typeof isProtected !== 'boolean') {
    throw badRequest('"protected" is true or false.');
  }
  if (!isRecord(properties)) throw badRequest('"properties" must be an object.');
  for (const name of Object.keys(properties)) requiredText({ name }, 'name', 80);
  return {
    name: requiredText(document, 'namespace', 80),
    displayName: optionalText(document, 'display_name', 80),
    description: optionalText(document, 'description'),
    visibility: visibility ?? null,
    protected: isProtected ?? null,
    owner: optionalText(document, 'owner', 255) ?? defaultOwner,
    associations: listOf(document, 'resource_type_associations').map((item) => ({
      name: requiredText(item, 'name', 80),
      prefix: optionalText(item, 'prefix', 80),
      propertiesTarget: optionalText(item, 'properties_target', 80),
    })),
    properties: new Map(Object.entries(properties)),
    objects: listOf(document, 'objects').map((item) => ({
      name: requiredText(item, 'name', 80),
      description: optionalText(item, 'description'),
      properties: item['properties'] ?? {},
    })),
    tags: listOf(document, 'tags').map((item) => requiredText(item, 'name', 80)),
  };
}

/** The document of a file, without its owner. Maps keep the order of their members. */
export function namespaceDocument(file: NamespaceFile): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ['namespace', file.name],
    ['display_name', file.displayName],
    ['description', file.description],
    ['visibility', file.visibility],
    ['protected', file.protected],
    [
      'resource_type_associations',
      file.associations.map(({ name, prefix, propertiesTarget }) => ({
        name,
        prefix,
        properties_target: propertiesTarget,
      })),
    ],
    ['properties', file.properties],
    ['objects', file.objects],
    ['tags', file.tags.map((name) => ({ name }))],
  ]);
}

/**
 * A name for the file of each namespace: its display name, or where it has none or others have the same, its own name,
 * without what is not a letter or digit. No two are alike, whatever the case.
 */
export function fileNames(files: readonly NamespaceFile[]): readonly string[] {
  const taken = new Set<string>();
  return files.map(({ name, displayName }) => {
    const names = [plainName(displayName ?? ''), plainName(name)].filter((candidate) => candidate !== '');
    const wanted = names.length === 0 ? ['namespace'] : names;
    const free = wanted.find((candidate) => !taken.has(candidate.toLowerCase()));
    const chosen = free ?? numbered(wanted.at(-1) ?? 'namespace', taken);
    taken.add(chosen.toLowerCase());
    return `${chosen}.json`;
  });
}

function numbered(name: string, taken: ReadonlySet<string>): string {
  let number = 2;
  while (taken.has(`${name}_${number}`.toLowerCase())) number += 1;
  return `${name}_${number}`;
}

function plainName(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function listOf(document: JsonRecord, member: string): readonly JsonRecord[] {
  const items = document[member] ?? [];
  if (Array.isArray(items) && items.every(isRecord)) return items;
  throw badRequest(`"${member}" must be a list of objects.`);
}

function requiredText(document: JsonRecord, member: string, longest: number): string {
  const text = optionalText(document, member, longest);
  if (text === null) throw badRequest(`"${member}" is missing.`);
  return text;
}

function optionalText(document: JsonRecord, member: string, longest = Infinity): string | null {
  const text = document[member];
  if (text === undefined || text === null) return null;
  if (typeof text !== 'string') throw badRequest(`"${member}" must be text.`);
  if (codePointLength(text) > longest) throw badRequest(`"${member}" has more than ${longest} characters.`);
  if (hasUnstorableCharacters(text)) throw unstorable(member);
  return text;
}
