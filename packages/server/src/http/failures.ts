/**
 * Whatever was raised becomes an answer: our own errors by their code, the framework's by their status, everything
 * else as a 500 that is logged once, with the request id, and says nothing about its cause.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorStatus, reasonPhrases } from '@lucarne/contract/error-codes.ts';
import type { ErrorCode } from '@lucarne/contract/error-codes.ts';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ImageServiceError } from '../domain/errors.ts';
import { sendError } from './answers.ts';

export async function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const failure = error instanceof ImageServiceError ? error : fromFramework(error);
  if (errorStatus[failure.code] >= 500 && failure.code !== 'notImplemented') {
    const { cause } = failure;
    request.log.error({ err: cause instanceof Error ? cause : failure, method: request.method }, failure.message);
  }
  if (reply.raw.headersSent || reply.raw.destroyed) {
    if (!reply.raw.headersSent) reply.code(errorStatus[failure.code]);
    reply.hijack();
    request.onDecided?.('text');
    reply.raw.destroy();
    return;
  }
  await sendError(request, reply, failure);
}

/** How long a client may take to notice that nobody reads on. */
const farewellMilliseconds = 5_000;

/** What cannot be read as HTTP at all: told in plain text, as there is no request to take preferences from. */
export function answerUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  // More of the same; the answer is on its way, and a connection cut now would take it along.
  if (socket.writableEnded) return;
  if (error.code === 'ECONNRESET' || !socket.writable || isInsideAnswer(socket)) {
    socket.destroy();
    return;
  }
  const farewell = setTimeout(() => socket.destroy(), farewellMilliseconds);
  socket.once('close', () => clearTimeout(farewell));
  const isTooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const title = isTooLarge ? `431 ${reasonPhrases[431]}` : `400 ${reasonPhrases[400]}`;
  const reason = isTooLarge ? 'The headers of the request are too large.' : 'The request is not well-formed HTTP.';
  const body = `${title}\n\n${reason}\n\n   `;
  socket.end(
    `HTTP/1.1 ${title}\r\nContent-Type: text/plain; charset=UTF-8\r\nX-Openstack-Request-Id: req-${randomUUID()}\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** Another answer has begun on the connection: a client would take this one for a part of it. */
function isInsideAnswer(socket: Socket): boolean {
  // Only Node itself knows, and keeps it here for the same decision.
  const { _httpMessage: answer } = socket as Socket & { readonly _httpMessage?: ServerResponse | null };
  return answer?.headersSent === true;
}

function fromFramework(error: unknown): ImageServiceError {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new ImageServiceError(codeOfStatus(status), 'The request cannot be understood.', { cause: error });
  }
  return new ImageServiceError('internal', 'The service failed to answer this request; its log says why.', {
    cause: error,
  });
}

function codeOfStatus(status: number): ErrorCode {
  const codes = Object.keys(errorStatus) as ErrorCode[];
  return codes.find((code) => errorStatus[code] === status) ?? 'badRequest';
}
