/**
 * Finds out who is calling, before anything else is looked at. Routes marked open need nobody.
 * Source: contract 01 §1, 10 §2.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { forbidden, isImageServiceError } from '../../domain/errors.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { IdentitySource } from '../../ports/identity-source.ts';
import { identifyCaller } from '../../usecases/identify-caller.ts';
import type { ServiceParts } from '../../usecases/service-parts.ts';
import { sendErrorAs } from '../answers.ts';
import { baseUrl } from '../base-url.ts';
import type { BaseUrlOptions } from '../base-url.ts';
import { keystoneErrorDocument } from '../error-documents.ts';
import { plainPath } from '../routing.ts';

declare module 'fastify' {
  interface FastifyRequest {
    callerContext: RequestContext | null;
  }
  interface FastifyContextConfig {
    /** Answered without a token. */
    open?: boolean;
  }
}

export function addIdentity(
  app: FastifyInstance,
  options: {
    readonly parts: Pick<ServiceParts, 'policy'>;
    readonly identity: IdentitySource;
    readonly baseUrl: BaseUrlOptions;
  },
): void {
  const { identity, parts } = options;
  app.decorateRequest('callerContext', null);
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config?.open === true) return;
    try {
      request.callerContext = await identifyCaller(
        { policy: parts.policy, identity },
        {
          requestId: request.id,
          headers: request.headers,
          method: request.method,
          path: plainPath(request.url),
          baseUrl: baseUrl(request.headers, options.baseUrl),
        },
      );
    } catch (error) {
      if (!isImageServiceError(error, 'unauthorized')) throw error;
      if (identity.challenge !== null) {
        reply.header('www-authenticate', identity.challenge(baseUrl(request.headers, options.baseUrl)));
      }
      if (identity.refusal === 'page') throw error;
      return sendErrorAs(request, reply, { error, document: keystoneErrorDocument(error.message) });
    }
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (request.callerContext.readOnly && !reads) throw forbidden('An anonymous caller may only read.');
  });
}

/** The caller of a request behind the identity layer. */
export function callerOf(request: FastifyRequest): RequestContext {
  if (request.callerContext === null) throw new Error('The route is open: there is no caller.');
  return request.callerContext;
}
