/**
 * Writing answers: headers, JSON, streamed data, errors, and what becomes of a request body nobody has read.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorStatus } from '@lucarne/contract/error-codes.ts';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { ImageServiceError } from '../domain/errors.ts';
import type { AnswerBody, ApiAnswer } from './api-call.ts';
import { errorDocument } from './error-documents.ts';
import type { ErrorDocument } from './error-documents.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** The system has taken all of the image data; what the client makes of them is its own affair. */
    hasSentAll: boolean;
  }
}

/** Bodies up to this size that nobody wants are read to their end, so that the connection can be used again. */
const worthDrainingBytes = 1024 * 1024;
/** How long the rest of a larger unwanted body is thrown away before the connection is cut, as nginx does it. */
const lingerMilliseconds = { total: 30_000, idle: 5_000 };

export async function sendAnswer(request: FastifyRequest, reply: FastifyReply, answer: ApiAnswer): Promise<void> {
  const { body } = answer;
  reply.made = answer.made ?? null;
  try {
    reply.code(answer.status).headers(answer.headers ?? {});
  } catch (error) {
    if (body?.kind === 'data') await body.close();
    throw error;
  }
  if (body === undefined) {
    if (answer.status !== 204) reply.header('content-type', 'text/html; charset=UTF-8');
    await sendText(request, reply, '');
  } else if (body.kind === 'json') {
    reply.header('content-type', 'application/json');
    await sendText(request, reply, body.text);
  } else if (body.kind === 'none') {
    await sendText(request, reply, '');
  } else {
    await sendData(request, reply, body);
  }
}

export async function sendError(request: FastifyRequest, reply: FastifyReply, error: ImageServiceError): Promise<void> {
  const status = errorStatus[error.code];
  const isHead = request.method === 'HEAD';
  // To HEAD an error is an empty page, whatever the client prefers.
  const document = errorDocument(status, error.message, isHead ? 'text/html' : request.headers.accept);
  return sendErrorAs(request, reply, { error, document });
}

/** Sends an error in words that are given; HEAD gets the headers alone. */
export async function sendErrorAs(
  request: FastifyRequest,
  reply: FastifyReply,
  { error, document }: { readonly error: ImageServiceError; readonly document: ErrorDocument },
): Promise<void> {
  reply.code(errorStatus[error.code]).headers({ ...error.headers, 'content-type': document.contentType });
  await sendText(request, reply, request.method === 'HEAD' ? '' : document.text);
}

/** Sends a text of known length. HEAD gets the headers alone. */
async function sendText(request: FastifyRequest, reply: FastifyReply, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  if (reply.statusCode === 204 || reply.statusCode === 304) return void (await reply.send());
  reply.header('content-length', String(bytes.byteLength));
  const sent = request.method === 'HEAD' ? Buffer.alloc(0) : bytes;
  if (!leavesMuchUnread(request)) return void (await reply.send(sent));
  reply.header('connection', 'close');
  await reply.send(Readable.from(lingering(sent, request)));
}

/** Whether a body is under way that is not worth reading to its end. */
function leavesMuchUnread({ raw }: FastifyRequest): boolean {
  if (raw.complete || raw.destroyed || isWaitingForContinue(raw)) return false;
  const length = raw.headers['content-length'];
  if (length === undefined) return raw.headers['transfer-encoding'] !== undefined;
  return Number(length) > worthDrainingBytes;
}

/** The client asked whether it may send its body, and was not told so. After this answer Node ends the connection. */
function isWaitingForContinue(raw: IncomingMessage): boolean {
  return raw.headers.expect?.toLowerCase() === '100-continue' && raw.readableFlowing === null;
}

/**
 * The answer, and then patience: a connection closed while the client is still sending makes its system throw the
 * answer away unread, so the rest of the body is taken in and dropped for a while.
 */
async function* lingering(answer: Buffer, { raw }: FastifyRequest): AsyncGenerator<Buffer> {
  if (answer.byteLength > 0) yield answer;
  const stop = new AbortController();
  const total = setTimeout(() => stop.abort(), lingerMilliseconds.total);
  let idle = setTimeout(() => stop.abort(), lingerMilliseconds.idle);
  raw.on('data', () => {
    clearTimeout(idle);
    idle = setTimeout(() => stop.abort(), lingerMilliseconds.idle);
  });
  try {
    if (!raw.readableEnded) await once(raw, 'close', { signal: stop.signal });
  } catch {
    // Out of patience, or the client has gone: either way there is nobody to wait for.
  } finally {
    clearTimeout(total);
    clearTimeout(idle);
  }
}

/** Streams image data with back-pressure; the chunk's buffer is reused once the socket has taken it. */
async function sendData(
  request: FastifyRequest,
  reply: FastifyReply,
  body: Extract<AnswerBody, { kind: 'data' }>,
): Promise<void> {
  reply.hijack();
  request.onDecided?.('data');
  const { raw } = reply;
  try {
    const headers = Object.entries(reply.getHeaders()).filter((header) => header[1] !== undefined);
    raw.writeHead(reply.statusCode, { ...Object.fromEntries(headers), 'content-length': String(body.length) });
    const isWhole = request.method === 'HEAD' || body.length === 0 || (await writeChunks(reply, body.chunks()));
    reply.hasSentAll = isWhole;
    raw.end();
  } catch (error) {
    // The status is long gone; only a cut connection can still say that this is not all of it.
    raw.destroy();
    const cause = error instanceof ImageServiceError ? (error.cause ?? error) : error;
    request.log.error({ err: cause }, 'download broke off');
  } finally {
    await body.close();
  }
}

/** False, and without a word, when the client goes away before the end. */
async function writeChunks(reply: FastifyReply, chunks: AsyncIterable<Uint8Array>): Promise<boolean> {
  const { raw } = reply;
  // Of many answers that wait for their turn on a connection, only the one that has it takes memory.
  if (!(await writeChunk(raw, new Uint8Array()))) return false;
  for await (const chunk of chunks) {
    if (!(await writeChunk(raw, chunk))) return false;
    reply.sentBytes += chunk.byteLength;
  }
  return true;
}

/** Resolves once the system has taken the chunk, or with false when the client has gone. */
function writeChunk(raw: ServerResponse, chunk: Uint8Array): Promise<boolean> {
  const { socket } = raw.req;
  return new Promise((resolve) => {
    const gone = () => resolve(false);
    if (socket.destroyed) return gone();
    // An answer that waits behind another one on its connection is not told that the connection is closed.
    socket.once('close', gone);
    raw.write(chunk, (error) => {
      socket.off('close', gone);
      resolve(error === null || error === undefined);
    });
  });
}
