import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startInspection } from '../../domain/image-formats/stream-inspection.ts';
import type { ObjectWriter } from '../../ports/image-store.ts';
import { startPlainHasher } from '../../ports/plain-hasher.testing.ts';
import type { DataHash } from '../../ports/data-hasher.ts';
import { bodyOf, outcomeOf } from '../service.testing.ts';
import { receiveData } from './receive.ts';
import type { DataLimits, DataReceivers } from './receive.ts';

const bufferBytes = 16;

const noLimits: DataLimits = {
  expectedBytes: null,
  maximum: { bytes: Infinity, exceeded: 'too much' },
  proceed: () => undefined,
};

/** Receivers that take their time, `turns` of the event loop a piece, and tell what they were given. */
function slowReceivers(turns: () => number = () => 0) {
  const written: Buffer[] = [];
  const observed: Buffer[] = [];
  let writesAtOnce = 0;
  let mostWritesAtOnce = 0;
  let mostBuffersOut = 0;
  const hasher = startPlainHasher(bufferBytes);
  const inner = hasher.start('sha256');

  async function dawdle(): Promise<void> {
    for (let turn = turns(); turn > 0; turn -= 1) await new Promise((resolve) => setImmediate(resolve));
  }

  const hash: DataHash = {
    ...inner,
    async update(chunk) {
      mostBuffersOut = Math.max(mostBuffersOut, hasher.buffersOut());
      // Taken in at once, to keep the order, and answered late.
      await inner.update(chunk);
      await dawdle();
    },
  };
  const writer: ObjectWriter = {
    open: () => Promise.resolve(),
    async write(chunk) {
      writesAtOnce += 1;
      mostWritesAtOnce = Math.max(mostWritesAtOnce, writesAtOnce);
      await dawdle();
      written.push(Buffer.from(chunk));
      writesAtOnce -= 1;
    },
    commit: () => Promise.reject(new Error('Not asked for.')),
    abort: () => Promise.resolve(),
  };
  const inspection = {
    ...startInspection(),
    observe: (chunk: Uint8Array) => void observed.push(Buffer.from(chunk)),
    retainedBytes: 0,
  };
  const receivers = { hasher, hash, writer, inspection } satisfies DataReceivers;
  return {
    receivers,
    hasher,
    written: () => Buffer.concat(written),
    observed: () => Buffer.concat(observed),
    mostWritesAtOnce: () => mostWritesAtOnce,
    mostBuffersOut: () => mostBuffersOut,
  };
}

describe('Image data being received', () => {
  test('reach the store, the hashes and the inspector whole and in order, however they are cut and delayed', async () => {
    const arbitraryChunks = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(arbitraryChunks, fc.infiniteStream(fc.nat(3)), async (chunks, delays) => {
        const slow = slowReceivers(() => delays.next().value ?? 0);
        const bytes = Buffer.concat(chunks);
        const reused = (async function* body() {
          for (const chunk of chunks) {
            const buffer = Buffer.from(chunk);
            yield buffer;
            // The sender may use its buffer again as soon as it is asked for more.
            buffer.fill(0xaa);
          }
        })();
        expect(await receiveData(slow.receivers, reused, noLimits)).toBe(bytes.byteLength);
        expect(slow.written().equals(bytes)).toBe(true);
        expect(slow.observed().equals(bytes)).toBe(true);
        const { checksum } = await slow.receivers.hash.digest();
        expect(checksum).toBe(createHash('md5').update(bytes).digest('hex'));
        expect(slow.mostWritesAtOnce()).toBeLessThanOrEqual(1);
        expect(slow.hasher.buffersOut()).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('wait in a bounded number of buffers when the store is slow, and slow the sender down', async () => {
    const slow = slowReceivers(() => 3);
    let sent = 0;
    async function* body() {
      for (; sent < 100; sent += 1) yield Buffer.alloc(bufferBytes);
    }
    await receiveData(slow.receivers, body(), noLimits);
    expect(slow.mostBuffersOut()).toBeLessThanOrEqual(9);
  });

  test.each([
    ['exactly as announced', { expectedBytes: 10 }, 'none', 10],
    ['one byte short of what was announced', { expectedBytes: 11 }, 'badRequest', 0],
    ['one byte more than announced', { expectedBytes: 9 }, 'badRequest', 0],
    ['nothing where something was announced', { expectedBytes: 1 }, 'badRequest', 0],
    ['exactly as much as allowed', { maximum: { bytes: 10, exceeded: '' } }, 'none', 10],
    ['one byte more than allowed', { maximum: { bytes: 9, exceeded: '' } }, 'limitExceeded', 0],
  ])('that are %s', async (what, limits, outcome, written) => {
    const slow = slowReceivers();
    const body = what.startsWith('nothing') ? bodyOf() : bodyOf('12345', '67890');
    expect(await outcomeOf(receiveData(slow.receivers, body, { ...noLimits, ...limits }))).toBe(outcome);
    expect(slow.written()).toHaveLength(written);
    expect(slow.hasher.buffersOut()).toBe(0);
  });

  test('are not given to the store beyond the limit, not even in part', async () => {
    const slow = slowReceivers();
    const limits = { ...noLimits, maximum: { bytes: 40, exceeded: 'enough' } };
    await receiveData(slow.receivers, bodyOf('x'.repeat(30), 'y'.repeat(30)), limits).catch(() => undefined);
    expect(slow.written().toString()).toBe('x'.repeat(16));
  });

  const failures: Readonly<Record<string, (slow: ReturnType<typeof slowReceivers>) => Partial<DataReceivers>>> = {
    'the store': ({ receivers }) => ({
      writer: { ...receivers.writer, write: failingFromThird(receivers.writer.write) },
    }),
    'the hash': ({ receivers }) => ({ hash: { ...receivers.hash, update: failingFromThird(receivers.hash.update) } }),
    'the inspector': ({ receivers }) => {
      const inspection = receivers.inspection;
      if (inspection === null) return {};
      let observed = 0;
      return {
        inspection: {
          ...inspection,
          observe() {
            observed += 1;
            if (observed > 2) throw new Error('broken');
          },
        },
      };
    },
  };

  function failingFromThird(call: (chunk: Uint8Array) => Promise<void>): (chunk: Uint8Array) => Promise<void> {
    let calls = 0;
    return async (chunk) => {
      calls += 1;
      if (calls > 2) throw new Error('broken');
      await call(chunk);
    };
  }

  test.each(Object.entries(failures))(
    'end with the error of %s, ask for no more and free all buffers',
    async (_, breakIt) => {
      for (const chunks of [3, 40]) {
        const slow = slowReceivers(() => 1);
        let asked = 0;
        let closed = false;
        async function* body() {
          try {
            for (; asked < chunks; asked += 1) yield Buffer.alloc(bufferBytes, asked);
          } finally {
            closed = true;
          }
        }
        const received = receiveData({ ...slow.receivers, ...breakIt(slow) }, body(), noLimits);
        expect(await outcomeOf(received)).toBe('Error: broken');
        expect(asked).toBeLessThan(15);
        expect(closed).toBe(true);
        expect(slow.hasher.buffersOut()).toBe(0);
      }
    },
  );

  test('write nothing more once a piece could not be written', async () => {
    const slow = slowReceivers();
    const writer = { ...slow.receivers.writer, write: failingFromThird(slow.receivers.writer.write) };
    const body = bodyOf(...Array.from({ length: 10 }, (_, index) => Buffer.alloc(bufferBytes, index)));
    await receiveData({ ...slow.receivers, writer }, body, noLimits).catch(() => undefined);
    expect(slow.written()).toEqual(Buffer.concat([Buffer.alloc(bufferBytes, 0), Buffer.alloc(bufferBytes, 1)]));
  });

  test('end with the error of the sender after what is under way has ended', async () => {
    const slow = slowReceivers(() => 5);
    async function* body() {
      yield Buffer.alloc(bufferBytes * 3 + 5);
      throw new Error('hung up');
    }
    expect(await outcomeOf(receiveData(slow.receivers, body(), noLimits))).toBe('Error: hung up');
    expect(slow.written()).toHaveLength(bufferBytes * 3);
    expect(slow.hasher.buffersOut()).toBe(0);
  });

  test('stop as soon as going on makes no sense any more', async () => {
    const slow = slowReceivers();
    let chunks = 0;
    const proceed = () => {
      chunks += 1;
      if (chunks === 3) throw new Error('taken over');
    };
    const body = bodyOf('1', '2', '3', '4');
    expect(await outcomeOf(receiveData(slow.receivers, body, { ...noLimits, proceed }))).toBe('Error: taken over');
    expect(slow.hasher.buffersOut()).toBe(0);
  });
});
