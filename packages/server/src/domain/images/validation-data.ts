/**
 * What a client says the data at a location hash to. In a patch it becomes the hashes of the image as it is; the
 * locations API may check it. Source: contract 05 §2, §3.
 */
import { conflict } from '../errors.ts';
import type { Image } from './image.ts';

export interface ValidationData {
  readonly hashAlgorithm: string;
  readonly hashValue: string;
  /** Undefined when the client says nothing of it. */
  readonly checksum?: string;
}

/** What is stored on the image; absent attributes stay as they are. */
export type ValidatedHashes = Partial<Pick<Image, 'checksum' | 'hashAlgorithm' | 'hashValue'>>;

/** Hexadecimal digits of a digest. */
const digestLengths: ReadonlyMap<string, number> = new Map([
  ['md5', 32],
  ['sha1', 40],
  ['sha224', 56],
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
  ['sha3_224', 56],
  ['sha3_256', 64],
  ['sha3_384', 96],
  ['sha3_512', 128],
  ['blake2b', 128],
  ['blake2s', 64],
]);

/** Whether the text can be a digest by that algorithm; of an unknown one any hexadecimal text can. */
export function isDigest(algorithm: string, text: string): boolean {
  const length = digestLengths.get(algorithm) ?? text.length;
  return text.length === length && /^(?:[0-9a-f]{2})+$/i.test(text);
}

/** What several locations say together. A contradiction is a 409. */
export function mergeValidationData(parts: readonly (ValidationData | null)[]): ValidationData | null {
  let merged: ValidationData | null = null;
  for (const part of parts) {
    if (part === null) continue;
    const before: Partial<ValidationData> = merged ?? {};
    for (const [name, value] of Object.entries(part)) {
      const said = before[name as keyof ValidationData];
      if (said !== undefined && said !== value)
        throw conflict('The validation_data of the locations contradict each other.');
    }
    merged = { ...before, ...part };
  }
  return merged;
}

/**
 * The hashes that the image gets. What it has already may be said again in any status; anything else is for a queued
 * image by the algorithm of the service: 409 otherwise.
 */
export function validatedHashes(
  image: Pick<Image, 'status' | 'checksum' | 'hashAlgorithm' | 'hashValue'>,
  data: ValidationData,
  serviceAlgorithm: string,
): ValidatedHashes {
  const said = {
    hashAlgorithm: data.hashAlgorithm,
    hashValue: data.hashValue.toLowerCase(),
    ...(data.checksum === undefined ? {} : { checksum: data.checksum.toLowerCase() }),
  };
  const news = Object.entries(said).filter(([name, value]) => image[name as keyof typeof said] !== value);
  if (news.length === 0) return {};
  for (const [name] of news) {
    const held = image[name as keyof typeof said];
    if (held !== null && held !== '') throw conflict('The image has other hashes already than validation_data says.');
  }
  if (image.status !== 'queued') throw conflict('validation_data can be given to a queued image only.');
  if (said.checksum !== undefined && !isDigest('md5', said.checksum)) {
    throw conflict('The checksum in validation_data is not that of an MD5 digest in hexadecimal.');
  }
  if (said.hashAlgorithm !== serviceAlgorithm) {
    throw conflict(`The os_hash_algo in validation_data must be ${serviceAlgorithm}.`);
  }
  if (!isDigest(serviceAlgorithm, said.hashValue)) {
    throw conflict(`The os_hash_value in validation_data is not a ${serviceAlgorithm} digest in hexadecimal.`);
  }
  return Object.fromEntries(news);
}
