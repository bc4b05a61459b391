/**
 * Images that lie on web servers: read-only, any http or https URL. Source: contract 05 §7, §8.6.
 *
 * The client follows redirects and refuses addresses; what is decided here is what an answer means for an image.
 */
import { badRequest, ImageServiceError, notFound } from '../../../domain/errors.ts';
import type { ImageStore, ObjectReader } from '../../../ports/image-store.ts';
import type { WebAnswer, WebCall, WebClient } from '../../../ports/web-client.ts';

const uuidPattern = /^[0-9a-fA-F-]{36}$/;
/** Fewer bytes than these are read and dropped rather than asked for by another request. */
const cheapSkipBytes = 262_144;

/** The client is to follow at most 5 redirects, of 301 and 302 alone. */
export function openHttpStore(client: WebClient): ImageStore {
  async function ask(call: WebCall): Promise<WebAnswer> {
    if (!isWebUrl(call.url)) throw notFound('The image data are not in this store.');
    const answer = await client.send(call);
    const isExpected = answer.status === 200 || (answer.status === 206 && call.range !== undefined);
    if (isExpected) return answer;
    await answer.close();
    if (answer.status === 404) throw notFound(`${answer.shownUrl} does not exist.`);
    throw badRequest(`${answer.shownUrl} answered ${answer.status}.`);
  }

  return {
    write(imageId, uploadId) {
      for (const id of [imageId, uploadId]) if (!uuidPattern.test(id)) throw notFound('Not an id.');
      return { open: refuseToWrite, write: refuseToWrite, commit: refuseToWrite, abort: () => Promise.resolve() };
    },

    async read(url) {
      const whole = await ask({ method: 'GET', url });
      const sizeBytes = whole.sizeBytes;
      if (sizeBytes !== null) return readerOf({ url, sizeBytes, whole, ask });
      await whole.close();
      throw badRequest(`${whole.shownUrl} does not say how long it is.`);
    },

    async sizeOf(url) {
      const answer = await ask({ method: 'HEAD', url });
      await answer.close();
      if (answer.sizeBytes === null) throw badRequest(`${answer.shownUrl} does not say how long it is.`);
      if (answer.sizeBytes === 0) throw badRequest(`${answer.shownUrl} is empty.`);
      return answer.sizeBytes;
    },

    async delete() {
      throw notFound('Nothing can be deleted from a web server.');
    },

    discard: () => Promise.resolve(),
    owns: isWebUrl,
  };
}

function isWebUrl(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

async function refuseToWrite(): Promise<never> {
  throw new ImageServiceError('gone', 'Nothing can be written to a web server.');
}

interface Reading {
  readonly url: string;
  readonly sizeBytes: number;
  /** The answer that told the size; good for the bytes from the first one on. */
  readonly whole: WebAnswer;
  readonly ask: (call: WebCall) => Promise<WebAnswer>;
}

function readerOf({ url, sizeBytes, whole, ask }: Reading): ObjectReader {
  let current = whole;

  async function askFrom(start: number): Promise<{ readonly answer: WebAnswer; readonly skip: number }> {
    if (start <= cheapSkipBytes) return { answer: whole, skip: start };
    await whole.close();
    const answer = await ask({ method: 'GET', url, range: { start, end: sizeBytes - 1 } });
    current = answer;
    const isPart = answer.status === 206;
    const isSame = isPart
      ? answer.headers.get('content-range') === `bytes ${start}-${sizeBytes - 1}/${sizeBytes}`
      : answer.sizeBytes === sizeBytes;
    if (isSame) return { answer, skip: isPart ? 0 : start };
    await answer.close();
    throw new ImageServiceError('unavailable', `${answer.shownUrl} changed while it was being read.`);
  }

  return {
    sizeBytes,
    close: () => current.close(),
    async *chunks(start, end) {
      if (start > end) return current.close();
      if (end >= sizeBytes) {
        await current.close();
        throw badRequest(`${whole.shownUrl} has no more than ${sizeBytes} bytes.`);
      }
      const { answer, skip } = await askFrom(start);
      yield* slices(answer.chunks(), skip, end - start + 1);
    },
  };
}

/** `length` bytes of the data behind the first `skip`; what supplies them raises where it ends too early. */
async function* slices(data: AsyncIterable<Uint8Array>, skip: number, length: number): AsyncGenerator<Uint8Array> {
  let toSkip = skip;
  let left = length;
  for await (const chunk of data) {
    const piece = chunk.subarray(toSkip, toSkip + left);
    toSkip = Math.max(0, toSkip - chunk.byteLength);
    left -= piece.byteLength;
    if (piece.byteLength > 0) yield piece;
    if (left === 0) return;
  }
}
