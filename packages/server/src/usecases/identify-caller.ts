/** Turns what is known about a caller into the context its request runs in. Source: contract 10 §3. */
import { ImageServiceError } from '../domain/errors.ts';
import type { RequestContext } from '../domain/request-context.ts';
import type { IdentifiedRequest, IdentitySource } from '../ports/identity-source.ts';
import type { ServiceParts } from './service-parts.ts';

export async function identifyCaller(
  parts: Pick<ServiceParts, 'policy'> & { readonly identity: IdentitySource },
  request: IdentifiedRequest & { readonly requestId: string },
): Promise<RequestContext> {
  const claims = await parts.identity.identify(request);
  if (claims === null) {
    throw new ImageServiceError('unauthorized', 'This request needs a valid token in the header X-Auth-Token.');
  }
  const context: RequestContext = { ...claims, requestId: request.requestId, isAdmin: claims.isAdmin ?? false };
  if (claims.isAdmin !== undefined) return context;
  return { ...context, isAdmin: await parts.policy.current().isAdmin(context, claims.names ?? {}) };
}
