/**
 * What tokens look like in memcached: readable, signed, or encrypted as well, in the forms of Keystone's own filter, so
 * that a service beside this one reads what we wrote.
 *
 * Keys are derived from the token: who has the cache and the secret, and not the token, still cannot read an entry.
 * Source: contract 10 §2
 */
import { createCipheriv, createDecipheriv, createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface EntryProtection {
  /** The key of an entry, `tokens/…`. */
  key(token: string): string;
  protect(token: string, text: string): Buffer;
  /** Null for an entry that somebody else has made or changed. */
  unprotect(token: string, entry: Buffer): string | null;
}

export const readableEntries: EntryProtection = {
  key: (token) => `tokens/${hash('sha256', token)}`,
  protect: (_token, text) => Buffer.from(text),
  unprotect: (_token, entry) => entry.toString(),
};

export type ProtectionStrategy = 'MAC' | 'ENCRYPT';

const keyBytes = 16;
/** Of SHA-384 in Base64. */
const signatureLength = 64;

export function protectedEntries(strategy: ProtectionStrategy, secret: string): EntryProtection {
  const encrypts = strategy === 'ENCRYPT';
  return {
    // Keystone's own filter makes its keys of what Python prints for bytes.
    key: (token) => `tokens/b'${deriveKeys(token).name.toString('base64')}'`,
    protect(token, text) {
      const keys = deriveKeys(token);
      const content = encrypts ? encrypt(keys.encryption, text) : Buffer.from(text);
      const encoded = content.toString('base64');
      return Buffer.from(sign(keys.signature, encoded) + encoded);
    },
    unprotect(token, entry) {
      const keys = deriveKeys(token);
      const encoded = entry.subarray(signatureLength).toString('latin1');
      const expected = Buffer.from(sign(keys.signature, encoded));
      const given = entry.subarray(0, signatureLength);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
      const content = Buffer.from(encoded, 'base64');
      return encrypts ? decrypt(keys.encryption, content) : content.toString();
    },
  };

  function deriveKeys(token: string) {
    const derived = createHmac('sha384', secret).update(token).update(strategy).digest();
    return {
      name: derived.subarray(0, keyBytes),
      signature: derived.subarray(keyBytes, 2 * keyBytes),
      encryption: derived.subarray(2 * keyBytes),
    };
  }
}

function sign(key: Buffer, encoded: string): string {
  return createHmac('sha384', key).update(encoded).digest('base64');
}

function encrypt(key: Buffer, text: string): Buffer {
  const start = randomBytes(keyBytes);
  const cipher = createCipheriv('aes-128-cbc', key, start);
  return Buffer.concat([start, cipher.update(text), cipher.final()]);
}

/** The signature was right, so that what cannot be decrypted was written under another strategy. */
function decrypt(key: Buffer, content: Buffer): string | null {
  try {
    const decipher = createDecipheriv('aes-128-cbc', key, content.subarray(0, keyBytes));
    return Buffer.concat([decipher.update(content.subarray(keyBytes)), decipher.final()]).toString();
  } catch {
    return null;
  }
}
