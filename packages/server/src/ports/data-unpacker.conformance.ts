/** What every unpacker must do, as `data-unpacker.ts` promises it, shown on gzip, which all of them know. */
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { isImageServiceError } from '../domain/errors.ts';
import type { DataUnpacker, UnpackRequest } from './data-unpacker.ts';
import { openMemoryStore } from './memory-store.testing.ts';

const imageId = '9d2cbb3e-5b0b-4d3a-9a50-0c2a7b2a1a01';
const attemptId = '9d2cbb3e-5b0b-4d3a-9a50-0c2a7b2a1a02';
const text = 'a disk image '.repeat(1000);

export function describeDataUnpackerConformance(name: string, open: () => Promise<DataUnpacker>): void {
  describe(`${name} as an unpacker of data`, () => {
    let unpacker: DataUnpacker;
    beforeAll(async () => {
      unpacker = await open();
    });

    /** Unpacks from one store to another; gives the result or the code of the error, and what was written. */
    async function unpack(data: Uint8Array, options: Partial<UnpackRequest> = {}) {
      const packed = openMemoryStore();
      const unpacked = openMemoryStore();
      const writer = packed.write(imageId, attemptId);
      await writer.open();
      await writer.write(data);
      const { url } = await writer.commit();
      const request: UnpackRequest = {
        source: () => packed.read(url),
        target: unpacked.write(imageId, attemptId),
        maximum: { bytes: 2 ** 30, exceeded: 'The image would be too large.' },
        maxRatio: 1000,
        ...options,
      };
      const result = await unpacker.unpack(request).catch((error: unknown) => {
        if (isImageServiceError(error)) return `${error.code}: ${error.message}`;
        throw error;
      });
      const written = [...unpacked.temporaries.values()].map((pieces) => Buffer.concat(pieces).toString());
      return { result, written };
    }

    test('unpacks what is packed and leaves the target to be committed', async () => {
      const { result, written } = await unpack(gzipSync(text));
      expect(result).toEqual({ format: 'gzip', sizeBytes: text.length });
      expect(written).toEqual([text]);
    });

    test('does not open the target for data that are not packed', async () => {
      expect(await unpack(Buffer.from(text))).toEqual({ result: null, written: [] });
      expect(await unpack(Buffer.alloc(0))).toEqual({ result: null, written: [] });
    });

    test('takes exactly as much as the limit allows: one more byte is a 413', async () => {
      const exceeded = 'The image would be too large.';
      const fitting = await unpack(gzipSync(text), { maximum: { bytes: text.length, exceeded } });
      expect(fitting.written).toEqual([text]);
      const larger = await unpack(gzipSync(text), { maximum: { bytes: text.length - 1, exceeded } });
      expect(larger.result).toBe(`limitExceeded: ${exceeded}`);
    });

    test('refuses damaged data: 400', async () => {
      const { result } = await unpack(gzipSync(text).subarray(0, -1));
      expect(result).toMatch(/^badRequest: /);
    });

    test('raises the reason for which it was stopped', async () => {
      const reason = new Error('The lease is lost.');
      await expect(unpack(gzipSync(text), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });
  });
}
