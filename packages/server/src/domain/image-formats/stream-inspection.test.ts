import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as samples from './image-samples.testing.ts';
import { inspectionOf, lenient, strict } from './image-samples.testing.ts';
import { startInspection } from './stream-inspection.ts';
import type { StreamInspection } from './stream-inspection.ts';

const memoryLimitBytes = 1.5 * 2 ** 20;
const encoder = new TextEncoder();
const longText = encoder.encode('# text\n'.repeat(20_000));

const images: Readonly<Record<string, Uint8Array>> = {
  qcow2: samples.qcow2Sample(),
  qed: samples.qedSample(),
  vhd: samples.vhdSample(),
  vhdx: samples.vhdxSample(),
  vhdxNearSize: samples.vhdxSample(samples.u32(samples.vhdxMetadataAt + 80, samples.vhdxSizeItemOffset - 3, 'le')),
  vmdk: samples.vmdkSample(),
  vmdkLongDescriptor: samples.joined(
    samples.vmdkSample(undefined, samples.u64(36, 300n, 'le')),
    new Uint8Array(150_000),
  ),
  streamOptimized: samples.streamOptimizedSample(),
  descriptorFile: samples.flatDescriptorSample(),
  lateDescriptorFile: samples.joined(longText, samples.flatDescriptorSample(), samples.unknownSample),
  text: longText,
  vdi: samples.vdiSample(),
  iso: samples.isoSample(),
  hybridIso: samples.hybridIsoSample(),
  gpt: samples.gptSample(),
  luks: samples.luksSample(),
  unknown: samples.unknownSample,
};

/** Feeds an image in pieces of these sizes, over and over, through one buffer that is overwritten after each. */
function observeInPieces(image: Uint8Array, pieceSizes: readonly number[]): StreamInspection {
  const inspection = startInspection();
  const buffer = new Uint8Array(Math.max(...pieceSizes));
  let at = 0;
  for (let turn = 0; at < image.length; turn++) {
    const piece = image.subarray(at, at + (pieceSizes[turn % pieceSizes.length] ?? 1));
    buffer.set(piece);
    inspection.observe(buffer.subarray(0, piece.length));
    buffer.fill(0xa5);
    at += piece.length;
  }
  return inspection;
}

function everyAnswer(inspection: StreamInspection): unknown[] {
  const verdicts = ['raw', 'qcow2', 'vmdk', 'vhdx', 'iso', 'ploop'].flatMap((diskFormat) => [
    inspection.conclude(diskFormat, strict),
    inspection.conclude(diskFormat, lenient),
  ]);
  return [inspection.detect(), ...verdicts];
}

describe('an inspection', () => {
  test('answers the same for every way to cut the bytes, and keeps no chunk it was given', () => {
    const pieceSizes = fc.array(
      fc.oneof(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.constantFrom(512, 1536, 65_536),
      ),
      { minLength: 1, maxLength: 8 },
    );
    const cut = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(images)), pieceSizes, cut, (name, sizes, fraction) => {
        const whole = images[name] ?? new Uint8Array(0);
        // Half of the images are cut short, so that every window is also met half full.
        const image = fraction < 0.5 ? whole : whole.subarray(0, Math.floor(whole.length * (fraction - 0.5) * 2));
        expect(everyAnswer(observeInPieces(image, sizes))).toEqual(everyAnswer(inspectionOf(image)));
      }),
      { numRuns: 150 },
    );
  });

  test.each(Object.keys(images))(
    'answers the same for %s fed byte by byte, or in pieces as large as a window',
    (name) => {
      const image = images[name] ?? new Uint8Array(0);
      const answer = everyAnswer(inspectionOf(image));
      expect(everyAnswer(observeInPieces(image, [1]))).toEqual(answer);
      expect(everyAnswer(observeInPieces(image, [65_536]))).toEqual(answer);
    },
  );

  test('reads chunks from shared memory and takes empty ones', () => {
    const image = samples.qcow2Sample();
    const shared = new Uint8Array(new SharedArrayBuffer(image.length));
    shared.set(image);
    const inspection = startInspection();
    inspection.observe(new Uint8Array(0));
    inspection.observe(shared);
    inspection.observe(new Uint8Array(0));
    expect(inspection.detect()).toEqual(inspectionOf(image).detect());
  });
});

describe('the memory of an inspection', () => {
  const chunk = new Uint8Array(65_536);

  function retainedWhileStreaming(image: Uint8Array, zeroChunks: number): { peak: number; last: number } {
    const inspection = startInspection();
    let peak = 0;
    const pieces = Array.from({ length: Math.ceil(image.length / 4096) }, (_, index) =>
      image.subarray(index * 4096, (index + 1) * 4096),
    );
    for (const piece of [...pieces, ...Array.from({ length: zeroChunks }, () => chunk)]) {
      inspection.observe(piece);
      peak = Math.max(peak, inspection.retainedBytes);
    }
    return { peak, last: inspection.retainedBytes };
  }

  test.each(['qcow2', 'iso', 'gpt', 'unknown'])('is 64 KiB for %s, however long the stream', (name) => {
    const { peak, last } = retainedWhileStreaming(images[name] ?? chunk, 300);
    expect(peak).toBeLessThanOrEqual(65_536 + 1536);
    expect(last).toBe(65_536);
  });
  test('stays below 1.5 MiB for a vmdk that claims the longest descriptor', () => {
    const { peak } = retainedWhileStreaming(samples.vmdkHeader(samples.u64(36, 2n ** 63n, 'le')), 300);
    expect(peak).toBeGreaterThan(2 ** 20);
    expect(peak).toBeLessThanOrEqual(memoryLimitBytes);
  });
  test('grows with what arrives, not with what a header claims', () => {
    const { peak } = retainedWhileStreaming(samples.vmdkHeader(samples.u64(36, 2n ** 63n, 'le')), 0);
    expect(peak).toBeLessThanOrEqual(8192);
  });
  test('is given back once long text turned out to be no descriptor', () => {
    const { peak, last } = retainedWhileStreaming(encoder.encode('# text\n'.repeat(160_000)), 1);
    expect(peak).toBeGreaterThan(900_000);
    expect(peak).toBeLessThanOrEqual(memoryLimitBytes);
    expect(last).toBe(65_536);
  });
  test('for a vhdx is its tables', () => {
    const { peak } = retainedWhileStreaming(samples.vhdxSample(), 300);
    expect(peak).toBeLessThanOrEqual(3 * 65_536 + 1536 + 8);
  });
  test('for a vhdx whose metadata never come stays bounded', () => {
    const pointer = samples.u64(samples.vhdxRegionTableAt + 64, 2n ** 62n, 'le');
    expect(retainedWhileStreaming(samples.vhdxSample(pointer), 300).peak).toBeLessThanOrEqual(3 * 65_536);
  });
});
