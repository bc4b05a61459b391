/** An image store in memory. */
import { ImageServiceError, notFound } from '../domain/errors.ts';
import type { ImageStore } from './image-store.ts';

export interface MemoryStore extends ImageStore {
  /** Objects by URL. */
  readonly objects: Map<string, Uint8Array>;
  /** What attempts under way, or dead ones, have written. */
  readonly temporaries: Map<string, Uint8Array[]>;
}

const pieceBytes = 700_000;
const uuidPattern = /^[0-9a-fA-F-]{36}$/;

export function openMemoryStore(): MemoryStore {
  const objects = new Map<string, Uint8Array>();
  const temporaries = new Map<string, Uint8Array[]>();

  return {
    objects,
    temporaries,

    write(imageId, uploadId) {
      for (const id of [imageId, uploadId]) if (!uuidPattern.test(id)) throw notFound('Not an id.');
      const name = `${imageId}.${uploadId}`;
      const url = `memory:///${imageId}`;
      return {
        async open() {
          temporaries.set(name, []);
        },
        async write(chunk) {
          const pieces = temporaries.get(name);
          if (pieces === undefined) throw notFound('The data were discarded.');
          pieces.push(Uint8Array.from(chunk));
        },
        async commit() {
          const pieces = temporaries.get(name);
          if (pieces === undefined) throw notFound('The data were discarded.');
          const bytes = Buffer.concat(pieces);
          temporaries.delete(name);
          objects.set(url, bytes);
          return { url, sizeBytes: bytes.byteLength };
        },
        abort: () => Promise.resolve(),
      };
    },

    async read(url) {
      const bytes = objects.get(url);
      if (bytes === undefined) throw notFound('No such object.');
      return {
        sizeBytes: bytes.byteLength,
        async *chunks(start, end) {
          if (end >= bytes.byteLength) throw new Error('The data are shorter than that.');
          for (let at = start; at <= end; at += pieceBytes) yield bytes.slice(at, Math.min(at + pieceBytes, end + 1));
        },
        close: () => Promise.resolve(),
      };
    },

    async delete(url) {
      if (!objects.delete(url)) throw notFound('No such object.');
    },

    async discard(imageId, uploadId, { keptUrls, isHeld }) {
      temporaries.delete(`${imageId}.${uploadId}`);
      const url = `memory:///${imageId}`;
      if (keptUrls.includes(url)) return;
      if (!isHeld()) throw new ImageServiceError('gone', 'Somebody else may be at work on this image.');
      objects.delete(url);
    },

    owns: (url) => url.startsWith('memory:///'),
  };
}
