/** An image store in memory. */
import { ImageServiceError, notFound } from '../domain/errors.ts';
import type { ImageStore, ObjectReader, ObjectWriter } from './image-store.ts';

export interface MemoryStore extends ImageStore {
  /** Objects by URL. */
  readonly objects: Map<string, Uint8Array>;
  /** What attempts under way, or dead ones, have written. */
  readonly temporaries: Map<string, Uint8Array[]>;
}

const pieceBytes = 700_000;
const uuidPattern = /^[0-9a-fA-F-]{36}$/;

/** Stores with different ids have different URLs: `memory://<id>/<image id>`. */
export function openMemoryStore(id = ''): MemoryStore {
  const objects = new Map<string, Uint8Array>();
  const temporaries = new Map<string, Uint8Array[]>();
  const prefix = `memory://${id}/`;

  function objectAt(url: string): Uint8Array {
    const bytes = objects.get(url);
    if (bytes === undefined) throw notFound('No such object.');
    return bytes;
  }

  return {
    objects,
    temporaries,

    write(imageId, uploadId) {
      for (const name of [imageId, uploadId]) checkUuid(name);
      const url = prefix + imageId;
      return memoryWriter(temporaries, `${imageId}.${uploadId}`, (bytes) => {
        objects.set(url, bytes);
        return url;
      });
    },

    read: async (url) => memoryReader(objectAt(url)),

    sizeOf: async (url) => objectAt(url).byteLength,

    async delete(url) {
      if (!objects.delete(url)) throw notFound('No such object.');
    },

    async discard(imageId, uploadId, { keptUrls, isHeld }) {
      temporaries.delete(`${imageId}.${uploadId}`);
      const url = prefix + imageId;
      if (keptUrls.includes(url) || !objects.has(url)) return;
      if (!isHeld()) throw new ImageServiceError('gone', 'Somebody else may be at work on this image.');
      objects.delete(url);
    },

    owns: (url) => url.startsWith(prefix),
  };
}

export function checkUuid(id: string): void {
  if (!uuidPattern.test(id)) throw notFound('Not an id.');
}

/** Collects what is written under the name of the attempt, and gives it to `publish`, which gives its URL. */
export function memoryWriter(
  temporaries: Map<string, Uint8Array[]>,
  name: string,
  publish: (bytes: Uint8Array) => string,
): ObjectWriter {
  function written(): Uint8Array[] {
    const pieces = temporaries.get(name);
    if (pieces === undefined) throw notFound('The data were discarded.');
    return pieces;
  }

  return {
    async open() {
      temporaries.set(name, []);
    },
    async write(chunk) {
      written().push(Uint8Array.from(chunk));
    },
    async commit() {
      const bytes = Buffer.concat(written());
      temporaries.delete(name);
      return { url: publish(bytes), sizeBytes: bytes.byteLength };
    },
    abort: () => Promise.resolve(),
  };
}

export function memoryReader(bytes: Uint8Array): ObjectReader {
  return {
    sizeBytes: bytes.byteLength,
    async *chunks(start, end) {
      if (end >= bytes.byteLength) throw new Error('The data are shorter than that.');
      for (let at = start; at <= end; at += pieceBytes) yield bytes.slice(at, Math.min(at + pieceBytes, end + 1));
    },
    close: () => Promise.resolve(),
  };
}
