/**
 * Keeps the few ranges of a stream that its inspectors need: the first 64 KiB, then one range after the other as
 * `nextRange` asks, and the last sectors if `needsEnd` says so.
 *
 * Invariant: what is kept depends on the bytes alone, not on how they were cut into chunks. A chunk costs constant
 * time once the ranges are full.
 */
import type { ByteRange, FormatInspector, KeptBytes } from './format-inspector.ts';

const startBytes = 0x10000;
/** The part of the start by which inspectors know whether they need the end. */
const headerBytes = 512;
const endBytes = 1536;
const firstCapacityBytes = 4096;

/** One range of the stream. Its buffer grows with what arrives, not with what a header claims. */
class RangeWindow {
  readonly range: ByteRange;
  keptBytes = 0;
  #buffer = new Uint8Array(0);

  constructor(range: ByteRange) {
    this.range = range;
  }

  get capacityBytes(): number {
    return this.#buffer.length;
  }

  get endsAt(): number {
    return this.range.startsAt + this.keptBytes;
  }

  get isFull(): boolean {
    return this.endsAt >= this.range.endsAt;
  }

  get kept(): Uint8Array {
    return this.#buffer.subarray(0, this.keptBytes);
  }

  /** Takes what belongs to the range out of a chunk that begins at `chunkStartsAt`; chunks come in order. */
  take(chunk: Uint8Array, chunkStartsAt: number): void {
    const from = Math.max(this.endsAt - chunkStartsAt, 0);
    const to = Math.min(this.range.endsAt - chunkStartsAt, chunk.length);
    if (from >= to) return;
    this.#reserve(this.keptBytes + to - from);
    this.#buffer.set(chunk.subarray(from, to), this.keptBytes);
    this.keptBytes += to - from;
  }

  #reserve(neededBytes: number): void {
    if (neededBytes <= this.#buffer.length) return;
    const fullBytes = this.range.endsAt - this.range.startsAt;
    const capacityBytes = Math.min(Math.max(neededBytes, 2 * this.#buffer.length, firstCapacityBytes), fullBytes);
    const grown = new Uint8Array(capacityBytes);
    grown.set(this.kept);
    this.#buffer = grown;
  }
}

/** The last bytes of the stream, as a ring. */
class EndWindow {
  readonly #ring = new Uint8Array(endBytes);
  #seenBytes = 0;

  take(chunk: Uint8Array): void {
    const taken = chunk.subarray(Math.max(chunk.length - endBytes, 0));
    const at = (this.#seenBytes + chunk.length - taken.length) % endBytes;
    const untilWrap = taken.subarray(0, endBytes - at);
    this.#ring.set(untilWrap, at);
    this.#ring.set(taken.subarray(untilWrap.length), 0);
    this.#seenBytes += chunk.length;
  }

  /** The last bytes in order; null when fewer went by. */
  last(lengthBytes: number): Uint8Array | null {
    if (this.#seenBytes < lengthBytes || lengthBytes > endBytes) return null;
    const startsAt = this.#seenBytes - lengthBytes;
    return Uint8Array.from({ length: lengthBytes }, (_, index) => this.#ring[(startsAt + index) % endBytes] ?? 0);
  }
}

export class StreamWindows implements KeptBytes {
  readonly #inspectors: readonly FormatInspector[];
  readonly #start = new RangeWindow({ startsAt: 0, endsAt: startBytes });
  /** In order of place, without overlap; the first is the start of the stream. */
  #windows = [this.#start];
  /** The range being filled; null when nothing more is wanted. */
  #open: RangeWindow | null = this.#start;
  #end: EndWindow | null = new EndWindow();
  #isEndDecided = false;
  #sizeBytes = 0;

  constructor(inspectors: readonly FormatInspector[]) {
    this.#inspectors = inspectors;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Bytes of memory held by buffers. */
  get retainedBytes(): number {
    const ranges = this.#windows.reduce((sum, window) => sum + window.capacityBytes, 0);
    return ranges + (this.#end === null ? 0 : endBytes);
  }

  observe(chunk: Uint8Array): void {
    const chunkStartsAt = this.#sizeBytes;
    this.#sizeBytes += chunk.length;
    this.#fillWindows(chunk, chunkStartsAt);
    if (!this.#isEndDecided) this.#decideEnd();
    this.#end?.take(chunk);
  }

  read({ startsAt, endsAt }: ByteRange): Uint8Array | null {
    const covering = this.#windows.filter((window) => window.range.startsAt < endsAt && window.endsAt > startsAt);
    const parts = covering.map(({ kept, range }) =>
      kept.subarray(Math.max(startsAt - range.startsAt, 0), endsAt - range.startsAt),
    );
    const joined = joinParts(parts);
    return joined.length === endsAt - startsAt ? joined : null;
  }

  readStart(limitBytes: number): Uint8Array {
    let endsAt = 0;
    for (const window of this.#windows) {
      if (window.range.startsAt === endsAt) endsAt = window.endsAt;
    }
    return this.read({ startsAt: 0, endsAt: Math.min(endsAt, limitBytes) }) ?? new Uint8Array(0);
  }

  readEnd(lengthBytes: number): Uint8Array | null {
    return this.#end?.last(lengthBytes) ?? null;
  }

  #fillWindows(chunk: Uint8Array, chunkStartsAt: number): void {
    while (this.#open !== null) {
      this.#open.take(chunk, chunkStartsAt);
      if (!this.#open.isFull) return;
      this.#openNext(this.#open.range.endsAt);
    }
  }

  /** Opens the next range wanted. What lies before `position` went by; the rest of such a range may still be kept. */
  #openNext(position: number): void {
    for (const inspector of this.#inspectors) {
      const range = answerOr(null, () => inspector.nextRange?.(this) ?? null);
      if (range === null || range.endsAt <= position) continue;
      this.#open = new RangeWindow({ startsAt: Math.max(range.startsAt, position), endsAt: range.endsAt });
      this.#windows.push(this.#open);
      return;
    }
    this.#open = null;
    this.#dropUnclaimed();
  }

  /** Ranges after the first serve the inspector that asked; they go when its format turned out not to be there. */
  #dropUnclaimed(): void {
    if (this.#windows.length === 1) return;
    const isClaimed = this.#inspectors.some(
      (inspector) => inspector.nextRange !== undefined && answerOr(null, () => inspector.inspect(this)) !== null,
    );
    if (!isClaimed) this.#windows = [this.#start];
  }

  #decideEnd(): void {
    if (this.#start.keptBytes < headerBytes) return;
    this.#isEndDecided = true;
    const isNeeded = this.#inspectors.some((inspector) => answerOr(false, () => inspector.needsEnd?.(this) ?? false));
    if (!isNeeded) this.#end = null;
  }
}

/** An inspector that breaks down must not stop the stream; the verdict finds out when it asks the inspector itself. */
function answerOr<Answer>(fallback: Answer, ask: () => Answer): Answer {
  try {
    return ask();
  } catch {
    return fallback;
  }
}

function joinParts(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let length = 0;
  for (const part of parts) {
    joined.set(part, length);
    length += part.length;
  }
  return joined;
}
