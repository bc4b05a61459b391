/**
 * Whatever was raised becomes an answer: our own errors by their code, the framework's by their status, everything
 * else as a 500 that is logged once, with the request id, and says nothing about its cause.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorStatus } from '@lucarne/contract/error-codes.ts';
import type { ErrorCode } from '@lucarne/contract/error-codes.ts';
import { ImageServiceError } from '../domain/errors.ts';
import { sendError } from './answers.ts';

export async function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const failure = error instanceof ImageServiceError ? error : fromFramework(error);
  if (errorStatus[failure.code] >= 500) {
    const { cause } = failure;
    request.log.error({ err: cause instanceof Error ? cause : failure, method: request.method }, failure.message);
  }
  if (reply.raw.headersSent || request.raw.destroyed) {
    reply.hijack();
    reply.raw.destroy();
    return;
  }
  await sendError(request, reply, failure);
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
