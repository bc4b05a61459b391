/**
 * The HTTP server: which layers a request goes through, in which order. Outermost first: request id, CORS, version
 * negotiation (by `routedUrl`, before routing), identity, route. Source: contract 01 §1.
 */
import Fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Server } from 'node:http';
import type { IdentitySource } from '../ports/identity-source.ts';
import type { ServiceParts } from '../usecases/service-parts.ts';
import { addApiRoutes } from './api-routes.ts';
import type { BaseUrlOptions } from './base-url.ts';
import { answerFailure, answerUnreadable } from './failures.ts';
import type { SchemaDocuments } from './handlers/schemas.ts';
import { addCors } from './middleware/cors.ts';
import type { CorsOptions } from './middleware/cors.ts';
import { addAudit } from './middleware/audit.ts';
import type { AuditOptions } from './middleware/audit.ts';
import { addDraining } from './middleware/draining.ts';
import { addIdentity } from './middleware/identity.ts';
import { leaveBodiesAlone } from './middleware/unparsed-bodies.ts';
import { addRequestIds, newRequestId } from './middleware/request-ids.ts';
import { addOpenRoutes } from './open-routes.ts';
import type { Mount, VersionListOptions } from './open-routes.ts';
import { routedUrl } from './routing.ts';
import type { ImageViewOptions } from './views/image-view.ts';

export interface HttpServerOptions {
  readonly parts: ServiceParts;
  readonly identity: IdentitySource;
  readonly log: FastifyBaseLogger;
  readonly versions: VersionListOptions;
  readonly schemas: SchemaDocuments;
  readonly view: ImageViewOptions;
  readonly baseUrl: BaseUrlOptions;
  readonly cors: CorsOptions;
  readonly mounts: readonly Mount[];
  /** Whether the operator has taken the service out of rotation. */
  readonly isDisabled: () => boolean;
  /** Longest request id taken from a client; 0 takes any. */
  readonly maxRequestIdLength: number;
  readonly maxHeaderBytes: number;
  /** A connection without any traffic for that long is closed. */
  readonly socketTimeoutSeconds: number;
  /** Idle time after which the system probes whether the other end of a connection is still there. */
  readonly keepAliveIdleSeconds: number;
  /** Null leaves no records of who did what. */
  readonly audit: AuditOptions | null;
  /** Whether the older management calls of the cache are there. */
  readonly cacheManagement: boolean;
  /** A sender of image data that is silent for that long is cut off. */
  readonly uploadIdleTimeoutSeconds: number;
}

export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const mounted = new Set(['healthcheck', ...options.mounts.map((mount) => mount.prefix)]);
  const app = Fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: (request) => newRequestId(request, options),
    rewriteUrl: (request) =>
      routedUrl(request.url ?? '/', request.headers.accept, {
        acceptedVersions: options.versions.acceptedTokens,
        mounted,
      }),
    // A URL is never longer than all headers together, so no variable is too long for the router.
    routerOptions: { maxParamLength: options.maxHeaderBytes, querystringParser: () => ({}) },
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (error, request, reply) => void answerFailure(error, request, reply),
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // Uploads and downloads take as long as they take; silence is what ends a connection.
    requestTimeout: 0,
    connectionTimeout: options.socketTimeoutSeconds * 1000,
    keepAliveTimeout: 75_000,
    http: {
      maxHeaderSize: options.maxHeaderBytes,
      headersTimeout: 60_000,
      keepAlive: true,
      keepAliveInitialDelay: options.keepAliveIdleSeconds * 1000,
    },
  });
  allowContinue(app.server);
  // Each of many answers that wait on a connection listens for its end.
  app.server.on('connection', (socket) => socket.setMaxListeners(0));
  leaveBodiesAlone(app);
  addDraining(app);
  addAudit(app, options);
  addRequestIds(app, options.maxRequestIdLength);
  addAccessLog(app);
  addCors(app, options.cors);
  addIdentity(app, options);
  addOpenRoutes(app, options);
  addApiRoutes(app, options);
  app.setErrorHandler((error, request: FastifyRequest, reply: FastifyReply) => answerFailure(error, request, reply));
  return app;
}

/**
 * A client that asks whether it may send its body is told so only when the body is wanted, or gets the refusal instead.
 */
function allowContinue(server: Server): void {
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
}

function addAccessLog(app: FastifyInstance): void {
  app.decorateReply('hasSentAll', false);
  app.addHook('onRequest', async (request, reply) => {
    // Comes once, whether the answer was sent or the client went away before its end.
    reply.raw.once('close', () => {
      request.log.info(
        {
          method: request.method,
          url: request.originalUrl,
          status: reply.raw.statusCode,
          ...(reply.raw.writableFinished || reply.hasSentAll ? {} : { aborted: true }),
          milliseconds: Math.round(reply.elapsedTime),
        },
        'request',
      );
    });
  });
}
