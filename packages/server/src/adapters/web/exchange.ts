/**
 * One request and its answer on a connection of their own.
 *
 * Invariant: a body that ends is as long as it was announced; one that is cut, stalls or goes on raises, with the byte
 * at which it did.
 */
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { badRequest, ImageServiceError } from '../../domain/errors.ts';
import type { WebAnswer } from '../../ports/web-client.ts';
import { connectionFailure, ConnectionTrouble, describeFailure } from './connection-failures.ts';
import { abortable, watchIdle } from './deadlines.ts';

export interface Exchange {
  readonly socket: Socket;
  readonly method: 'GET' | 'HEAD';
  /** As it stands in the request line. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly shownUrl: string;
  readonly idleTimeoutSeconds: number;
  readonly signal: AbortSignal;
}

/** Who sends less on average, after a while of waiting for it, only keeps places occupied. */
const slowestBytesPerSecond = 1024;
const paceGraceSeconds = 60;

/** All headers of an answer together. */
const mostHeaderBytes = 16_384;

/** Takes the connection over: it is closed with the answer, or when there is none. */
export async function exchange(options: Exchange): Promise<WebAnswer> {
  try {
    const received = await receiveHeaders(options);
    checkEncodings(received.response, options);
    return answerOf(received, options);
  } catch (cause) {
    options.socket.destroy();
    if (options.signal.aborted) throw options.signal.reason;
    throw connectionFailure(options.shownUrl, cause);
  }
}

interface Received {
  readonly response: IncomingMessage;
  /** What went wrong on the connection since, if anything. */
  readonly failure: () => unknown;
}

async function receiveHeaders({ socket, method, target, headers, ...limits }: Exchange): Promise<Received> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const idle = watchIdle(limits.idleTimeoutSeconds, reject);
  let failure: unknown;
  const asked = request({
    method,
    path: target,
    headers: { ...headers, connection: 'close' },
    maxHeaderSize: mostHeaderBytes,
    createConnection: () => socket,
  });
  asked.once('response', resolve);
  asked.on('error', (error) => {
    failure = error;
    reject(error);
  });
  asked.once('upgrade', () => reject(new ConnectionTrouble('wants to speak another protocol')));
  idle.start();
  asked.end();
  try {
    const response = await abortable(promise, limits.signal);
    // For good: an error between two reads must not end the process. Reading meets it again.
    response.on('error', (error) => (failure ??= error));
    return { response, failure: () => failure };
  } finally {
    idle.end();
  }
}

/** An encoding would make the length a lie, and unpack to any size. */
function checkEncodings({ headers, statusCode = 0 }: IncomingMessage, { shownUrl }: Exchange): void {
  if (statusCode < 200 || statusCode > 299) return;
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') {
    throw badRequest(`${shownUrl} is sent with a content encoding, though none was asked for.`);
  }
  const transfer = headers['transfer-encoding']?.trim().toLowerCase() ?? 'chunked';
  if (transfer !== 'chunked') throw badRequest(`${shownUrl} is sent with a transfer encoding that is not supported.`);
}

function answerOf(received: Received, options: Exchange): WebAnswer {
  const { response } = received;
  const length = response.headers['content-length'];
  const isLength = length !== undefined && /^[0-9]{1,15}$/.test(length);
  const sizeBytes = isLength ? Number(length) : null;
  return {
    status: response.statusCode ?? 0,
    shownUrl: options.shownUrl,
    headers: new Map(
      Object.entries(response.headersDistinct).map(([name, values]) => [name, values?.join(', ') ?? '']),
    ),
    sizeBytes,
    chunks: () => readBody(received, { ...options, sizeBytes }),
    async close() {
      options.socket.destroy();
    },
  };
}

type Body = Exchange & { readonly sizeBytes: number | null };

async function* readBody({ response, failure }: Received, body: Body): AsyncGenerator<Uint8Array, void, undefined> {
  const { socket, signal, shownUrl, sizeBytes } = body;
  const abort = (): void => void socket.destroy();
  let stalled: unknown;
  const idle = watchIdle(body.idleTimeoutSeconds, (reason) => {
    stalled = reason;
    socket.destroy();
  });
  let received = 0;
  let waitedSeconds = 0;
  const broken = (cause: unknown): unknown => {
    if (signal.aborted) return signal.reason;
    return brokenOff(shownUrl, { received, sizeBytes }, stalled ?? failure() ?? cause);
  };

  signal.addEventListener('abort', abort, { once: true });
  const pieces: AsyncIterator<Uint8Array> = response[Symbol.asyncIterator]();
  try {
    for (;;) {
      idle.start();
      const asked = performance.now();
      const piece = await pieces.next().catch((cause: unknown) => {
        throw broken(cause);
      });
      idle.pause();
      if (signal.aborted) throw signal.reason;
      if (piece.done === true) break;
      received += piece.value.byteLength;
      waitedSeconds += (performance.now() - asked) / 1000;
      if (waitedSeconds > paceGraceSeconds && received < waitedSeconds * slowestBytesPerSecond) {
        throw broken(new ConnectionTrouble(`sent less than ${slowestBytesPerSecond} bytes a second`));
      }
      yield piece.value;
    }
    if (sizeBytes !== null && received < sizeBytes) throw broken(undefined);
    // The parser complains about bytes behind the end of the answer.
    if (failure() !== undefined) throw tooLong(shownUrl, received);
  } finally {
    idle.end();
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

function brokenOff(
  shownUrl: string,
  { received, sizeBytes }: { readonly received: number; readonly sizeBytes: number | null },
  cause: unknown,
): ImageServiceError {
  const where = sizeBytes === null ? `${received} bytes` : `${received} of ${sizeBytes} bytes`;
  const why = cause === undefined ? '' : `: the server ${describeFailure(cause)}`;
  return new ImageServiceError('unavailable', `${shownUrl} broke off after ${where}${why}.`, { cause });
}

function tooLong(shownUrl: string, received: number): ImageServiceError {
  return new ImageServiceError('unavailable', `${shownUrl} goes on after the ${received} bytes that were announced.`);
}
