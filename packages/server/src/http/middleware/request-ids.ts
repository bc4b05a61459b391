/** Gives every request its id, in the log and in the answer. Source: contract 01 §8. */
import type { FastifyInstance } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { ImageServiceError } from '../../domain/errors.ts';
import type { ServiceParts } from '../../usecases/service-parts.ts';

interface RequestIdOptions {
  readonly parts: Pick<ServiceParts, 'ids'>;
  readonly maxRequestIdLength: number;
}

export function newRequestId(request: Pick<IncomingMessage, 'headers'>, options: RequestIdOptions): string {
  const newId = () => options.parts.ids.next();
  const sent = request.headers['x-openstack-request-id'];
  const wanted = requestId(typeof sent === 'string' ? sent : undefined, {
    maximumLength: options.maxRequestIdLength,
    newId,
  });
  return wanted ?? `req-${newId()}`;
}

/** Answers with the id; a client's id that is too long is refused with 431 where the API begins. */
export function addRequestIds(app: FastifyInstance, maximumLength: number): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-openstack-request-id', request.id);
    const sent = request.headers['x-openstack-request-id'];
    if (request.routeOptions.config?.open === true) return;
    if (maximumLength > 0 && typeof sent === 'string' && sent.length > maximumLength) {
      throw new ImageServiceError(
        'headerTooLarge',
        `The header x-openstack-request-id may have at most ${maximumLength} characters.`,
      );
    }
  });
}

/** The client's own id with the prefix `req-`, or a new one; null when the client's is too long. */
function requestId(
  sent: string | undefined,
  options: { readonly maximumLength: number; readonly newId: () => string },
): string | null {
  if (sent === undefined || sent === '') return `req-${options.newId()}`;
  if (options.maximumLength > 0 && sent.length > options.maximumLength) return null;
  // It goes into a header and into logs.
  if (!/^[\x20-\x7e]*$/.test(sent)) return `req-${options.newId()}`;
  return sent.startsWith('req-') ? sent : `req-${sent}`;
}
