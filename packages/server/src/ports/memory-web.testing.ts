/** A web in memory, whose pages do what a test says. */
import { badRequest, ImageServiceError } from '../domain/errors.ts';
import type { WebRequest, WebSource } from './web-source.ts';

export interface MemoryPage {
  readonly bytes: Uint8Array;
  /** Length the server announces: that of the bytes unless given; null for none. */
  readonly announcedBytes?: number | null;
  /** The data break off after so many bytes. */
  readonly breaksAfterBytes?: number;
  /** Any other status than 200 is an answer without data. */
  readonly status?: number;
  /** Called before the first byte is given, and may wait or raise. */
  readonly beforeData?: () => Promise<void>;
}

export interface MemoryWeb extends WebSource {
  /** Pages by URL. A URL that is not here is unknown: `badRequest`. */
  readonly pages: Map<string, MemoryPage>;
  /** In the order in which they came. */
  readonly requests: WebRequest[];
  /** How many answers nobody has closed or read to the end. */
  readonly openAnswers: () => number;
}

const pieceBytes = 60_000;

export function openMemoryWeb(): MemoryWeb {
  const pages = new Map<string, MemoryPage>();
  const requests: WebRequest[] = [];
  const opened = new Set<object>();

  return {
    pages,
    requests,
    openAnswers: () => opened.size,

    async open(request) {
      requests.push(request);
      request.signal?.throwIfAborted();
      const page = pages.get(request.url);
      const status = page?.status ?? 200;
      if (page === undefined || (status !== 200 && status < 500)) {
        throw badRequest(`${request.url} answered ${page === undefined ? 404 : status}.`);
      }
      if (status !== 200) throw new ImageServiceError('unavailable', `${request.url} answered ${status}.`);
      const answer = {};
      opened.add(answer);
      return {
        sizeBytes: page.announcedBytes === undefined ? page.bytes.byteLength : page.announcedBytes,
        chunks: () => readPage(page, request, () => opened.delete(answer)),
        async close() {
          opened.delete(answer);
        },
      };
    },
  };
}

async function* readPage(page: MemoryPage, { url, signal }: WebRequest, ended: () => void): AsyncGenerator<Uint8Array> {
  const announced = page.announcedBytes ?? page.bytes.byteLength;
  const given = Math.min(page.breaksAfterBytes ?? Infinity, page.bytes.byteLength, announced);
  try {
    await page.beforeData?.();
    for (let at = 0; at < given; at += pieceBytes) {
      signal?.throwIfAborted();
      yield page.bytes.slice(at, Math.min(at + pieceBytes, given));
    }
    signal?.throwIfAborted();
    if (page.bytes.byteLength > announced) {
      throw new ImageServiceError('unavailable', `${url} goes on after the ${announced} bytes that were announced.`);
    }
    if (given < announced || page.breaksAfterBytes !== undefined) {
      throw new ImageServiceError('unavailable', `${url} broke off after ${given} of ${announced} bytes.`);
    }
  } finally {
    ended();
  }
}
