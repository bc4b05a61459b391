/**
 * Reads the body of POST /v2/images/{id}/locations. What it says of the hash is held against its algorithm only after
 * the caller's rights were: `checkDigest`. Source: contract 05 §3.
 */
import { badRequest } from '../errors.ts';
import { hasUnstorableCharacters, utf8ByteLength } from '../text-rules.ts';
import { isDigest } from './validation-data.ts';

export interface LocationRequest {
  readonly url: string;
  readonly expected: ExpectedHash | null;
}

export interface ExpectedHash {
  readonly hashAlgorithm: string;
  readonly hashValue: string;
}

const algorithms: readonly string[] = ['sha1', 'sha256', 'sha512', 'md5'];
const longestHash = 128;
/** Encrypted it must fit the column of every database. */
const longestUrlBytes = 45_000;

/** Malformed is 400. Members that are not known are ignored beside the URL, and refused in `validation_data`. */
export function parseLocationRequest(body: unknown): LocationRequest {
  const url = memberOf(body, 'url');
  if (typeof url !== 'string') throw badRequest('The body is an object with "url", the place of the data.');
  if (hasUnstorableCharacters(url) || utf8ByteLength(url) > longestUrlBytes) {
    throw badRequest('The URL is too long or has characters that cannot be stored.');
  }
  const said = memberOf(body, 'validation_data');
  return { url, expected: said === undefined ? null : readExpected(said) };
}

function readExpected(said: unknown): ExpectedHash | null {
  const isObject = typeof said === 'object' && said !== null && !Array.isArray(said);
  const names = isObject ? Object.keys(said) : [];
  if (!isObject || names.some((name) => name !== 'os_hash_algo' && name !== 'os_hash_value')) throw malformed();
  if (names.length === 0) return null;
  const hashAlgorithm = memberOf(said, 'os_hash_algo');
  const hashValue = memberOf(said, 'os_hash_value');
  if (typeof hashAlgorithm !== 'string' || !algorithms.includes(hashAlgorithm)) throw malformed();
  if (typeof hashValue !== 'string' || hashValue.length > longestHash) throw malformed();
  return { hashAlgorithm, hashValue: hashValue.toLowerCase() };
}

/** A value that is no digest by its algorithm is a 400. */
export function checkDigest(expected: ExpectedHash | null): void {
  if (expected === null || isDigest(expected.hashAlgorithm, expected.hashValue)) return;
  throw badRequest(`The os_hash_value is not a ${expected.hashAlgorithm} digest in hexadecimal.`);
}

/** Undefined without such a member of its own. */
function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

function malformed(): Error {
  return badRequest(
    `The validation_data are an object with os_hash_algo, one of ${algorithms.join(', ')}, and os_hash_value, or empty.`,
  );
}
