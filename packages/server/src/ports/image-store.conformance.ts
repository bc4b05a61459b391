/** What every image store must do, as `image-store.ts` promises it. */
import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errorCodeOf } from '../domain/errors.testing.ts';
import type { ImageStore, ObjectOwnership, ObjectReader, ObjectWriter, StoredObject } from './image-store.ts';
import { outcomeOf } from './outcome.testing.ts';

export interface OpenedStore {
  readonly store: ImageStore;
  /** Names of everything the store keeps, finished or not. */
  names(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function storeObject(store: ImageStore, imageId: string, bytes: Uint8Array): Promise<StoredObject> {
  const writer = await openWriter(store, imageId);
  await writer.write(bytes);
  return writer.commit();
}

async function openWriter(store: ImageStore, imageId: string, uploadId: string = randomUUID()): Promise<ObjectWriter> {
  const writer = store.write(imageId, uploadId);
  await writer.open();
  return writer;
}

export async function readObject(
  store: ImageStore,
  url: string,
  range?: { readonly start: number; readonly end: number },
): Promise<Uint8Array> {
  return readBytes(await store.read(url), range);
}

export async function readBytes(
  reader: ObjectReader,
  range?: { readonly start: number; readonly end: number },
): Promise<Uint8Array> {
  const { start, end } = range ?? { start: 0, end: reader.sizeBytes - 1 };
  const pieces: Uint8Array[] = [];
  // Copied, because a piece is valid only until the next one is asked for.
  for await (const piece of reader.chunks(start, end)) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

/** Nobody owns anything, and nobody else is at work. */
export const unowned: ObjectOwnership = { keptUrls: [], isHeld: () => true };

/** As asking and as reading give it. */
async function sizeOf(store: ImageStore, url: string): Promise<number> {
  const reader = await store.read(url);
  await reader.close();
  expect(await store.sizeOf(url)).toBe(reader.sizeBytes);
  return reader.sizeBytes;
}

export function describeImageStoreConformance(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name} as an image store`, () => {
    let opened: OpenedStore;
    let store: ImageStore;
    let imageId: string;

    beforeEach(async () => {
      opened = await open();
      store = opened.store;
      imageId = randomUUID();
    });

    afterEach(() => opened.close());

    describe('an object', () => {
      test('reads back as it was written, however it was cut', async () => {
        const arbitraryPieces = fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 8 });
        await fc.assert(
          fc.asyncProperty(arbitraryPieces, async (pieces) => {
            const id = randomUUID();
            const writer = await openWriter(store, id);
            for (const piece of pieces) {
              const buffer = piece.slice();
              await writer.write(buffer);
              // The buffer is the caller's again.
              buffer.fill(0);
            }
            const { url, sizeBytes } = await writer.commit();
            const bytes = Buffer.concat(pieces);
            expect(sizeBytes).toBe(bytes.byteLength);
            expect(Buffer.compare(await readObject(store, url), bytes)).toBe(0);
          }),
          { numRuns: 25 },
        );
      });

      test('of no bytes is an object', async () => {
        const { url, sizeBytes } = await (await openWriter(store, imageId)).commit();
        expect(sizeBytes).toBe(0);
        expect(await sizeOf(store, url)).toBe(0);
        expect(await readObject(store, url)).toHaveLength(0);
      });

      test('is not there before it was committed', async () => {
        const { url } = await storeObject(store, imageId, randomBytes(10));
        await store.delete(url);
        const writer = await openWriter(store, imageId);
        await writer.write(randomBytes(10));
        expect(await outcomeOf(store.read(url))).toBe('notFound');
        await writer.commit();
        expect(await sizeOf(store, url)).toBe(10);
      });

      test.each([undefined, null, 0, 10, 1000])(
        'is what was written, whatever its size was expected to be (%s)',
        async (expectedBytes) => {
          const writer = store.write(imageId, randomUUID(), expectedBytes);
          await writer.open();
          await writer.write(Buffer.from('ten bytes.'));
          const { url } = await writer.commit();
          expect(Buffer.from(await readObject(store, url)).toString()).toBe('ten bytes.');
        },
      );

      test('says nothing for the metadata of its location that could not be kept there', async () => {
        const { metadata = {} } = await storeObject(store, imageId, randomBytes(1));
        expect(JSON.parse(JSON.stringify(metadata))).toEqual(metadata);
        expect(metadata).not.toHaveProperty('store');
      });

      test('belongs to the store by its URL, which no other image has', async () => {
        const one = await storeObject(store, imageId, randomBytes(1));
        const two = await storeObject(store, randomUUID(), randomBytes(1));
        expect(store.owns(one.url)).toBe(true);
        expect(one.url).not.toBe(two.url);
      });

      test('takes the place of one a dead attempt left under the same name', async () => {
        const left = await storeObject(store, imageId, Buffer.from('left over and longer'));
        const next = await storeObject(store, imageId, Buffer.from('next'));
        expect(next.url).toBe(left.url);
        expect(Buffer.from(await readObject(store, next.url)).toString()).toBe('next');
      });
    });

    describe('an attempt that is given up', () => {
      test('lets go of what it holds, also twice, also before it was opened, and cannot go on', async () => {
        const writer = await openWriter(store, imageId);
        await writer.write(randomBytes(100_000));
        await writer.abort();
        await writer.abort();
        await store.write(imageId, randomUUID()).abort();
      });

      test.each([0, 100_000])(
        'after %i bytes leaves nothing once it was discarded, as often as one likes',
        async (length) => {
          const uploadId = randomUUID();
          const writer = await openWriter(store, imageId, uploadId);
          await writer.write(randomBytes(length));
          await writer.abort();
          await store.discard(imageId, uploadId, unowned);
          await store.discard(imageId, uploadId, unowned);
          expect(await opened.names()).toEqual([]);
        },
      );

      test('does not keep the next one from its work', async () => {
        const dead = await openWriter(store, imageId);
        await dead.write(Buffer.from('dead'));
        const { url } = await storeObject(store, imageId, Buffer.from('alive'));
        await dead.abort();
        expect(Buffer.from(await readObject(store, url)).toString()).toBe('alive');
      });

      test('but is alive cannot finish any more once it was discarded', async () => {
        const uploadId = randomUUID();
        const writer = await openWriter(store, imageId, uploadId);
        await writer.write(Buffer.from('slow'));
        await store.discard(imageId, uploadId, unowned);
        await expect(writer.commit()).rejects.toThrow();
        await writer.abort();
        expect(await opened.names()).toEqual([]);
      });

      test('after its object got the final name is discarded with that, unless a location owns it', async () => {
        const uploadId = randomUUID();
        const { url } = await (await openWriter(store, imageId, uploadId)).commit();
        await store.discard(imageId, uploadId, { ...unowned, keptUrls: [url, 'file:///elsewhere'] });
        expect(await sizeOf(store, url)).toBe(0);
        await store.discard(imageId, uploadId, { ...unowned, keptUrls: ['file:///elsewhere'] });
        expect(await outcomeOf(store.read(url))).toBe('notFound');
        expect(await opened.names()).toEqual([]);
      });

      test('long ago may find the object of another one under the final name, which it leaves: gone', async () => {
        const deadId = randomUUID();
        const dead = await openWriter(store, imageId, deadId);
        const { url } = await storeObject(store, imageId, Buffer.from('acknowledged'));
        const discarded = store.discard(imageId, deadId, { keptUrls: [], isHeld: () => false });
        expect(await outcomeOf(discarded)).toBe('gone');
        expect(Buffer.from(await readObject(store, url)).toString()).toBe('acknowledged');
        await expect(dead.commit()).rejects.toThrow();
        await dead.abort();
        expect(await opened.names()).toHaveLength(1);
      });

      test('before it had a final object is discarded, also while somebody else may be at work', async () => {
        const uploadId = randomUUID();
        const writer = await openWriter(store, imageId, uploadId);
        await store.discard(imageId, uploadId, { keptUrls: [], isHeld: () => false });
        await writer.abort();
        expect(await opened.names()).toEqual([]);
      });

      test('is discarded without harm to another one on the same image', async () => {
        const deadId = randomUUID();
        const dead = await openWriter(store, imageId, deadId);
        const next = await openWriter(store, imageId);
        await next.write(Buffer.from('next'));
        await store.discard(imageId, deadId, unowned);
        const { url } = await next.commit();
        expect(Buffer.from(await readObject(store, url)).toString()).toBe('next');
        await dead.abort();
      });
    });

    describe('reading', () => {
      const mebibyte = 1024 * 1024;

      test('gives exactly the range asked for, across whatever pieces the store reads', async () => {
        const bytes = randomBytes(2 * mebibyte + 12_345);
        const { url } = await storeObject(store, imageId, bytes);
        const last = bytes.byteLength - 1;
        const nearBoundary = fc.constantFrom(0, 1, mebibyte - 1, mebibyte, mebibyte + 1, 2 * mebibyte, last - 1, last);
        const position = fc.oneof(nearBoundary, fc.integer({ min: 0, max: last }));
        await fc.assert(
          fc.asyncProperty(position, position, async (one, other) => {
            const [start, end] = one < other ? [one, other] : [other, one];
            const read = await readObject(store, url, { start, end });
            expect(Buffer.compare(read, bytes.subarray(start, end + 1))).toBe(0);
          }),
          { numRuns: 25 },
        );
      });

      test('may end early or not begin at all, and be closed at any time, also twice', async () => {
        const { url } = await storeObject(store, imageId, randomBytes(3 * mebibyte));
        const reader = await store.read(url);
        for await (const piece of reader.chunks(0, 3 * mebibyte - 1)) {
          expect(piece.byteLength).toBeGreaterThan(0);
          break;
        }
        await reader.close();
        const unread = await store.read(url);
        await unread.close();
        await unread.close();
      });

      test('beyond the end raises instead of ending early', async () => {
        const { url } = await storeObject(store, imageId, randomBytes(10));
        await expect(readObject(store, url, { start: 5, end: 10 })).rejects.toThrow();
      });

      test('by several readers at once gives each its own bytes', async () => {
        const bytes = randomBytes(2 * mebibyte);
        const { url } = await storeObject(store, imageId, bytes);
        const readers = [0, 1, 2, 3].map((start) => readObject(store, url, { start, end: bytes.byteLength - 1 }));
        for (const [start, read] of (await Promise.all(readers)).entries()) {
          expect(Buffer.compare(read, bytes.subarray(start))).toBe(0);
        }
      });

      test('goes on to the end or raises when the object is deleted meanwhile', async () => {
        const bytes = randomBytes(4 * mebibyte);
        const { url } = await storeObject(store, imageId, bytes);
        const reader = await store.read(url);
        const pieces: Uint8Array[] = [];
        const whole = (async () => {
          for await (const piece of reader.chunks(0, bytes.byteLength - 1)) {
            if (pieces.length === 0) await store.delete(url);
            pieces.push(Uint8Array.from(piece));
          }
          return Buffer.compare(Buffer.concat(pieces), bytes) === 0;
        })();
        expect(await whole.catch(() => 'raised')).not.toBe(false);
        await expect(store.read(url)).rejects.toThrow();
      });

      test.each([
        'file:///etc/passwd',
        'file:///',
        'file://',
        '',
        'http://localhost/11111111-2222-3333-4444-555555555555',
        'nonsense',
        'memory:///../../etc/passwd',
      ])('of %j, which is not of this store, is notFound', async (url) => {
        expect(await outcomeOf(store.read(url))).toBe('notFound');
        expect(await outcomeOf(store.sizeOf(url))).toBe('notFound');
        expect(await outcomeOf(store.delete(url))).toBe('notFound');
      });
    });

    describe('deleting', () => {
      test('removes an object once; then it is notFound', async () => {
        const { url } = await storeObject(store, imageId, randomBytes(10));
        await store.delete(url);
        expect(await opened.names()).toEqual([]);
        expect(await outcomeOf(store.delete(url))).toBe('notFound');
        expect(await outcomeOf(store.read(url))).toBe('notFound');
        expect(await outcomeOf(store.sizeOf(url))).toBe('notFound');
      });

      test('leaves other objects alone', async () => {
        const one = await storeObject(store, imageId, randomBytes(10));
        const two = await storeObject(store, randomUUID(), randomBytes(20));
        await store.delete(one.url);
        expect(await sizeOf(store, two.url)).toBe(20);
      });
    });

    test.each(['', '..', '../../etc/passwd', 'a/b', '11111111-2222-3333-4444-55555555555/', `${'a'.repeat(36)}\u0000`])(
      'an image id or attempt id of %j becomes no name: notFound',
      async (id) => {
        expect(errorCodeOf(() => store.write(id, randomUUID()))).toBe('notFound');
        expect(errorCodeOf(() => store.write(imageId, id))).toBe('notFound');
        expect(await opened.names()).toEqual([]);
      },
    );
  });
}
