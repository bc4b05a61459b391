/**
 * Cross-origin requests of browsers. The layer is outermost: it answers OPTIONS requests itself, whatever lies below,
 * but for those few that succeed without it. Source: contract 01 §9.
 */
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `none` for what is beside the layer, `answers-options` for what keeps its own answer to OPTIONS. */
    cors?: 'none' | 'answers-options';
  }
}

export interface CorsOptions {
  readonly allowedOrigins: readonly string[];
  readonly allowCredentials: boolean;
  readonly exposeHeaders: readonly string[];
  readonly maxAgeSeconds: number;
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
}

/** Headers every browser may send without asking the operator. */
const simpleHeaders = [
  'Accept',
  'Accept-Language',
  'Content-Type',
  'Cache-Control',
  'Content-Language',
  'Expires',
  'Last-Modified',
  'Pragma',
];

export function addCors(app: FastifyInstance, options: CorsOptions): void {
  const permitted = new Set([...options.allowHeaders, ...simpleHeaders].map((name) => name.toLowerCase()));
  app.addHook('onRequest', async (request, reply) => {
    const part = request.routeOptions.config?.cors;
    if (part === 'none') return;
    const origin = request.headers.origin;
    const known = origin !== undefined && isAllowed(origin, options.allowedOrigins);
    if (known) {
      // What any site may read must not come with the credentials of whoever is logged in.
      const isNamed = options.allowedOrigins.includes(origin);
      reply.header('vary', 'Origin').header('access-control-allow-origin', isNamed ? origin : '*');
      if (options.allowCredentials && isNamed) reply.header('access-control-allow-credentials', 'true');
    }
    if (request.method !== 'OPTIONS') {
      if (known && options.exposeHeaders.length > 0) {
        reply.header('access-control-expose-headers', options.exposeHeaders.join(','));
      }
      return;
    }
    const method = request.headers['access-control-request-method'];
    const asked = listOf(request.headers['access-control-request-headers']);
    if (known && method !== undefined && options.allowMethods.includes(method)) {
      if (asked.every((name) => permitted.has(name.toLowerCase()))) {
        reply
          .header('access-control-max-age', String(options.maxAgeSeconds))
          .header('access-control-allow-methods', method)
          .header('access-control-allow-headers', asked.join(','));
      }
    }
    if (part !== 'answers-options') await reply.code(200).send();
  });
}

function isAllowed(origin: string, allowed: readonly string[]): boolean {
  return allowed.includes(origin) || allowed.includes('*');
}

function listOf(header: string | undefined): readonly string[] {
  return (header ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
