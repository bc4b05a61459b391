import { describe, expect, test } from 'vitest';
import { StreamWindows } from './stream-windows.ts';
import type { ByteRange, FormatInspector } from './format-inspector.ts';

const kib = 1024;
const image = Uint8Array.from({ length: 300 * kib }, (_, index) => (index * 31 + (index >> 8)) % 256);

/** An inspector that asks for these ranges one after the other, and claims the image or not. */
function asking(ranges: readonly ByteRange[], isClaimed = true): FormatInspector {
  return {
    format: 'vhdx',
    inspect: () => (isClaimed ? { format: 'vhdx', complete: true, virtualSizeBytes: null, failedChecks: [] } : null),
    nextRange: (kept) => ranges.find((range) => kept.read(range) === null) ?? null,
  };
}

function windowsOf(...inspectors: readonly FormatInspector[]): StreamWindows {
  const windows = new StreamWindows(inspectors);
  windows.observe(image);
  return windows;
}

function kept(startsAt: number, endsAt: number): Uint8Array {
  return image.subarray(startsAt, endsAt);
}

describe('the windows of a stream', () => {
  const near = { startsAt: 64 * kib, endsAt: 70 * kib };
  const far = { startsAt: 100 * kib, endsAt: 110 * kib };

  test('hold its first 64 KiB and nothing else unless asked', () => {
    const windows = windowsOf();
    expect(windows.readStart(Infinity)).toEqual(kept(0, 64 * kib));
    expect(windows.read({ startsAt: 64 * kib - 1, endsAt: 64 * kib + 1 })).toBeNull();
    expect(windows.readEnd(1)).toBeNull();
    expect(windows.sizeBytes).toBe(image.length);
  });
  test('are read across where they touch, not across a gap', () => {
    const windows = windowsOf(asking([near, far]));
    const across = { startsAt: 60 * kib, endsAt: 65 * kib };
    expect(windows.read(across)).toEqual(kept(across.startsAt, across.endsAt));
    expect(windows.read(far)).toEqual(kept(far.startsAt, far.endsAt));
    expect(windows.read({ startsAt: 69 * kib, endsAt: 101 * kib })).toBeNull();
    expect(windows.readStart(Infinity)).toEqual(kept(0, 70 * kib));
  });
  test('are completed by the rest of a range that began earlier', () => {
    const overlapping = { startsAt: 60 * kib, endsAt: 66 * kib };
    expect(windowsOf(asking([overlapping])).read(overlapping)).toEqual(kept(60 * kib, 66 * kib));
  });
  test('do not turn back for a range that went by', () => {
    const gone = { startsAt: 80 * kib, endsAt: 90 * kib };
    expect(windowsOf(asking([far, gone])).read(gone)).toBeNull();
  });
  test('are dropped when the inspector that asked does not find its format', () => {
    const windows = windowsOf(asking([near, far], false));
    expect(windows.read(far)).toBeNull();
    expect(windows.retainedBytes).toBe(64 * kib);
  });
  test('hold the end when an inspector needs it', () => {
    const windows = windowsOf({ format: 'vmdk', inspect: () => null, needsEnd: () => true });
    windows.observe(image.subarray(0, 700));
    windows.observe(image.subarray(700, 701));
    const all = new Uint8Array([...image, ...image.subarray(0, 701)]);
    expect(windows.readEnd(1536)).toEqual(all.subarray(-1536));
    expect(windows.readEnd(1537)).toBeNull();
  });
  test('go on when an inspector breaks down', () => {
    const breakDown = (): never => {
      throw new RangeError('out of bounds');
    };
    const broken: FormatInspector = { format: 'vdi', inspect: breakDown, nextRange: breakDown, needsEnd: breakDown };
    expect(windowsOf(broken, asking([far])).read(far)).toEqual(kept(far.startsAt, far.endsAt));
  });
});
