/**
 * Keeps the framework away from request bodies: the handlers read them, so that nothing is parsed, or even asked for,
 * before it is wanted, and a content type the framework does not know is no reason to refuse a request.
 * Source: contract 01 §5.
 */
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** The content type as the client sent it. */
    sentContentType: string | undefined;
  }
}

export function leaveBodiesAlone(app: FastifyInstance): void {
  app.decorateRequest('sentContentType', undefined);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.addHook('onRequest', async (request) => {
    request.sentContentType = request.raw.headers['content-type'];
    if (request.sentContentType !== undefined) request.raw.headers['content-type'] = 'application/octet-stream';
  });
}
