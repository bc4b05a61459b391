/**
 * Reads the body of PATCH /v2/images/{id} in both dialects. Operations are read one after the other, each with all its
 * checks, so the first bad operation decides the answer, whatever follows it. No image is needed for any of this.
 * Source: contract 02 §4.1–4.3, §1.
 */
import { parseJsonPointer } from '../../lib/json-pointer.ts';
import { badRequest, forbidden, limitExceeded } from '../errors.ts';
import { quoteForMessage } from '../text-rules.ts';
import {
  checkPropertyName,
  isDerivedAttribute,
  isReservedName,
  isServiceAttribute,
  isWritableAttribute,
  propertyText,
  readAttribute,
} from './attribute-rules.ts';
import type { WritableAttribute, WritableFields } from './attribute-rules.ts';
import type { LocationOperation, NewLocation } from './location-patch.ts';
import type { ValidationData } from './validation-data.ts';

/** The two forms of a patch, by the version in their media type. */
export type PatchDialect = 'v2.0' | 'v2.1';

/** `addNew` is what dialect v2.0 calls add: nothing of that name may be there yet. */
export type SetVerb = 'add' | 'addNew' | 'replace';

export type PatchOperation =
  | {
      readonly target: 'attribute';
      readonly verb: SetVerb;
      readonly name: WritableAttribute;
      readonly fields: Partial<WritableFields>;
    }
  | { readonly target: 'attribute'; readonly verb: 'remove'; readonly name: WritableAttribute }
  | { readonly target: 'property'; readonly verb: SetVerb; readonly name: string; readonly value: string | null }
  | { readonly target: 'property'; readonly verb: 'remove'; readonly name: string }
  | LocationOperation;

/** Holds a value against the image schema as `{property: value}`. Gives null when it is valid, else why it is not. */
export type ValidateValue = (property: string, value: unknown) => string | null;

/** What one item of the document says before its target and value are looked at. */
interface RawOperation {
  readonly verb: SetVerb | 'remove';
  readonly pointer: unknown;
  readonly item: object;
}

/** No image has that many attributes and properties; more would only keep everybody else waiting. */
const mostOperations = 100_000;

/** Gives the operations in document order. Malformed is 400, a protected target 403. */
export function parsePatchDocument(
  dialect: PatchDialect,
  body: unknown,
  validateValue: ValidateValue,
): readonly PatchOperation[] {
  if (!Array.isArray(body)) throw badRequest('The body of a patch is a JSON array of operations.');
  const items: readonly unknown[] = body;
  if (items.length > mostOperations) {
    throw limitExceeded(`A patch has at most ${mostOperations} operations. Attempted: ${items.length}`);
  }
  return items.map((item) => parseOperation(dialect, item, validateValue));
}

function parseOperation(dialect: PatchDialect, item: unknown, validateValue: ValidateValue): PatchOperation {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw badRequest('Every operation of a patch is a JSON object.');
  }
  const raw = dialect === 'v2.0' ? readV20(item) : readV21(item);
  const [name, ...rest] = readPath(raw.pointer);
  checkDepth(raw.verb, name, rest);
  if (raw.verb === 'remove') {
    checkTarget(name);
    return removal(name, rest);
  }
  const value = readValue(raw.item);
  checkTarget(name);
  // A location is added to a list, and the schema knows only the list.
  const problem = validateValue(name, rest.length === 0 ? value : [value]);
  if (problem !== null) throw badRequest(problem);
  if (name === 'locations') return locationAssignment(rest[0], value);
  return assignment(raw.verb, name, value);
}

/** `{"op": "add", "path": "/name", "value": "x"}` */
function readV21(item: object): RawOperation {
  const verb = memberOf(item, 'op');
  if (verb !== 'add' && verb !== 'replace' && verb !== 'remove') {
    throw badRequest('The member "op" of every operation is one of add, replace, remove.');
  }
  return { verb, pointer: memberOf(item, 'path'), item };
}

/** `{"add": "/name", "value": "x"}` */
function readV20(item: object): RawOperation {
  const [member, ...others] = (['add', 'replace', 'remove'] as const).filter((name) => Object.hasOwn(item, name));
  if (member === undefined || others.length > 0) {
    throw badRequest('Every operation has exactly one of the members "add", "replace", "remove".');
  }
  return { verb: member === 'add' ? 'addNew' : member, pointer: memberOf(item, member), item };
}

function readPath(pointer: unknown): readonly [string, ...string[]] {
  if (typeof pointer !== 'string') throw badRequest('Every operation names its target with a JSON pointer.');
  const path = parseJsonPointer(pointer);
  if (path.kind === 'malformed') throw badRequest(`The pointer ${quoteForMessage(pointer)} ${path.problem}.`);
  return path.tokens;
}

/** Attributes and properties are set whole; only locations are added and removed one by one. */
function checkDepth(verb: PatchOperation['verb'], name: string, rest: readonly string[]): void {
  const allowed = name === 'locations' && verb !== 'replace' ? 1 : 0;
  if (rest.length === allowed) return;
  const shape = allowed === 1 ? 'a position in the list as its second token' : 'one token';
  throw badRequest(`A pointer to ${quoteForMessage(name)} has ${shape} here.`);
}

function readValue(item: object): unknown {
  if (!Object.hasOwn(item, 'value')) throw badRequest('The operations add and replace need a member "value".');
  return memberOf(item, 'value');
}

/** Undefined without such a member. Inherited ones do not count. */
function memberOf(item: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(item, name)?.value;
}

function checkTarget(name: string): void {
  if (name === 'id' || isServiceAttribute(name) || isDerivedAttribute(name)) {
    throw forbidden(`The attribute ${quoteForMessage(name)} is read-only.`);
  }
  if (isReservedName(name)) throw forbidden(`The name ${quoteForMessage(name)} is reserved.`);
}

function removal(name: string, [position = '-']: readonly string[]): PatchOperation {
  if (name === 'locations') return { target: 'locations', verb: 'remove', position };
  if (isWritableAttribute(name)) return { target: 'attribute', verb: 'remove', name };
  return { target: 'property', verb: 'remove', name };
}

function assignment(verb: SetVerb, name: string, value: unknown): PatchOperation {
  if (isWritableAttribute(name)) return { target: 'attribute', verb, name, fields: readAttribute(name, value) };
  checkPropertyName(name);
  return { target: 'property', verb, name, value: propertyText(value) };
}

/** With a position one is added, in both dialects alike; without, all are replaced. */
function locationAssignment(position: string | undefined, value: unknown): PatchOperation {
  if (position !== undefined) return { target: 'locations', verb: 'add', position, location: readLocation(value) };
  if (!Array.isArray(value)) throw malformedLocation();
  return { target: 'locations', verb: 'replace', locations: value.map(readLocation) };
}

/** The schema was asked before; what it lets pass in other releases is a 400 here. */
function readLocation(value: unknown): NewLocation {
  const url = memberAt(value, 'url');
  const metadata = memberAt(value, 'metadata');
  if (typeof url !== 'string' || !isObject(metadata)) throw malformedLocation();
  const said = memberAt(value, 'validation_data');
  return { url, metadata: { ...metadata }, validation: said === undefined ? null : readValidationData(said) };
}

function readValidationData(value: unknown): ValidationData {
  const hashAlgorithm = memberAt(value, 'os_hash_algo');
  const hashValue = memberAt(value, 'os_hash_value');
  const checksum = memberAt(value, 'checksum');
  const isComplete = typeof hashAlgorithm === 'string' && typeof hashValue === 'string';
  if (!isComplete || !(checksum === undefined || typeof checksum === 'string')) throw malformedLocation();
  return { hashAlgorithm, hashValue, ...(checksum === undefined ? {} : { checksum }) };
}

function memberAt(value: unknown, name: string): unknown {
  return isObject(value) ? memberOf(value, name) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformedLocation(): Error {
  return badRequest('A location is an object with a "url" and an object "metadata".');
}
