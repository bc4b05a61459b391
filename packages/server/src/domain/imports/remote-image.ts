/**
 * An image of another image service, as its record tells: what is taken over of it, and what its data must be.
 * Source: contract 04 §5.
 */
import { ImageServiceError, conflict } from '../errors.ts';
import { isFreePropertyName } from './injected-properties.ts';

export interface RemoteRecord {
  readonly diskFormat: string;
  readonly containerFormat: string;
  /** Those that are taken over. */
  readonly properties: ReadonlyMap<string, string>;
  /** Null when the record does not tell; so are the digests. */
  readonly sizeBytes: number | null;
  /** MD5 in hex, lower case. */
  readonly checksum: string | null;
  readonly hash: { readonly algorithm: string; readonly value: string } | null;
}

/**
 * Reads the document of an image. `prefixes`: what the names of properties begin with that are taken over. `conflict`
 * when the image cannot be imported, `unavailable` when the document is none.
 */
export function readRemoteRecord(text: string, prefixes: readonly string[]): RemoteRecord {
  const document = parseDocument(text);
  const { status, disk_format: diskFormat, container_format: containerFormat } = document;
  if (status !== 'active') {
    throw conflict(`The image in the other region is ${JSON.stringify(status)}; only an active one can be imported.`);
  }
  if (typeof diskFormat !== 'string' || typeof containerFormat !== 'string') {
    throw conflict('The image in the other region has no formats.');
  }
  return {
    diskFormat,
    containerFormat,
    properties: new Map(
      Object.entries(document).filter(
        (entry): entry is [string, string] =>
          typeof entry[1] === 'string' &&
          prefixes.some((prefix) => entry[0].startsWith(prefix)) &&
          isFreePropertyName(entry[0]),
      ),
    ),
    sizeBytes: readSize(document['size']),
    checksum: readHex(document['checksum']),
    hash: readHash(document),
  };
}

type Document = Readonly<Record<string, unknown>>;

function parseDocument(text: string): Document {
  const document = parseJson(text);
  if (typeof document === 'object' && document !== null && !Array.isArray(document)) return { ...document };
  throw new ImageServiceError('unavailable', 'The image service of the other region did not send an image record.');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readSize(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function readHex(value: unknown): string | null {
  return typeof value === 'string' && /^[0-9a-f]+$/i.test(value) ? value.toLowerCase() : null;
}

function readHash({ os_hash_algo: algorithm, os_hash_value }: Document): RemoteRecord['hash'] {
  const value = readHex(os_hash_value);
  return typeof algorithm === 'string' && value !== null ? { algorithm, value } : null;
}
