/**
 * How the URL of a location is kept in `image_locations.value`: as it is, or encrypted with the key of the site, in the
 * form Glance reads and writes. Source: contract 05 §1, 12 §6.
 *
 * Invariant: encrypting a URL twice gives different text, so stored values are never compared; rows are opened first.
 */
import { createCipheriv, createDecipheriv, randomBytes, randomInt } from 'node:crypto';

export interface LocationUrls {
  /** The text that is stored for a URL. */
  seal(url: string): string;
  /** The URL in stored text. Text that is not encrypted, or by another key, is given as it is. */
  open(stored: string): string;
  /** The same for text of our own that may have URLs in it, and that says whether it is encrypted. */
  sealNote(text: string): string;
  openNote(stored: string): string;
}

export const plainUrls: LocationUrls = {
  seal: (url) => url,
  open: (stored) => stored,
  sealNote: (text) => text,
  openNote: (stored) => stored,
};

const blockBytes = 16;

const noteMark = 'aes:';

/** Some writers store plain URLs even where there is a key. What has none of these schemes was not encrypted with it. */
const knownUrl = /^(?:file|filesystem|https?|rbd|swift(?:\+https?|\+config)?|s3(?:\+https?)?|cinder|vsphere):\/\//i;

/** AES in CBC mode; the key has 16, 24 or 32 bytes in UTF-8. */
export function encryptedUrls(key: string): LocationUrls {
  const secret = Buffer.from(key, 'utf8');
  const algorithm = `aes-${secret.byteLength * 8}-cbc`;

  function decrypted(stored: string): string | null {
    if (!/^[\w-]+={0,2}$/.test(stored)) return null;
    const bytes = Buffer.from(stored, 'base64url');
    if (bytes.byteLength < 2 * blockBytes || bytes.byteLength % blockBytes !== 0) return null;
    const decipher = createDecipheriv(algorithm, secret, bytes.subarray(0, blockBytes)).setAutoPadding(false);
    const padded = Buffer.concat([decipher.update(bytes.subarray(blockBytes)), decipher.final()]);
    const end = padded.lastIndexOf(0);
    return end === -1 ? null : padded.subarray(0, end).toString('utf8');
  }

  function encrypted(text: string): string {
    const vector = randomBytes(blockBytes);
    const cipher = createCipheriv(algorithm, secret, vector).setAutoPadding(false);
    const sealed = [vector, cipher.update(padded(text)), cipher.final()];
    return Buffer.concat(sealed).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  }

  return {
    seal: encrypted,
    open(stored) {
      const url = decrypted(stored);
      return url !== null && knownUrl.test(url) ? url : stored;
    },
    sealNote: (text) => noteMark + encrypted(text),
    openNote(stored) {
      if (!stored.startsWith(noteMark)) return stored;
      return decrypted(stored.slice(noteMark.length)) ?? stored;
    },
  };
}

/** Up to whole blocks: a zero byte, behind which no other one comes. */
function padded(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const padding = Buffer.alloc(blockBytes - (bytes.byteLength % blockBytes));
  for (let index = 1; index < padding.byteLength; index += 1) padding[index] = randomInt(1, 256);
  return Buffer.concat([bytes, padding]);
}
