/**
 * The routes of the Image API, all of them from the operation table. What the table does not have is 404, a known path
 * with another method 405 with `Allow`, an operation of the table that is not built yet 501. HEAD is answered wherever
 * GET is. Source: contract 01 §4. Differs: docs/compat.md, HEAD.
 */
import { allowedMethods, matchPath, methodsOf, operationPaths } from '@lucarne/contract/operation-paths.ts';
import { operations } from '@lucarne/contract/operations.ts';
import type { OperationPath } from '@lucarne/contract/operations.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ImageServiceError, badRequest, notFound } from '../domain/errors.ts';
import { parseQueryString } from '../lib/query-string.ts';
import { sendAnswer } from './answers.ts';
import { cacheManagementRoutes } from './cache-management-routes.ts';
import type { CacheManagementRoute } from './cache-management-routes.ts';
import type { ApiCall } from './api-call.ts';
import { origin } from './base-url.ts';
import type { BaseUrlOptions } from './base-url.ts';
import { clientAddress } from './client-address.ts';
import { operationHandlers } from './handlers.ts';
import type { HandlerOptions } from './handlers.ts';
import { callerOf } from './middleware/identity.ts';
import { announcesBody, readJsonDocument, wantedBody } from './request-data.ts';
import { escaped, undecodableRoute } from './routing.ts';

export interface ApiRouteOptions extends HandlerOptions {
  readonly baseUrl: BaseUrlOptions;
  readonly uploadIdleTimeoutSeconds: number;
  /** Whether the older management calls of the cache are there. */
  readonly cacheManagement: boolean;
}

const glanceMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH']);

export function addApiRoutes(app: FastifyInstance, options: ApiRouteOptions): void {
  const handlers = operationHandlers(options);
  for (const operation of operations) {
    const handler = handlers[operation.id];
    app.route({
      method: operation.method === 'GET' ? ['GET', 'HEAD'] : operation.method,
      url: routePattern(operation.path),
      config: { operation },
      handler: async (request, reply) => {
        // The router takes nothing for a value of a variable, the API does not.
        if (Object.values(pathParameters(request)).includes('')) throw noRoute(request);
        if (operation.body === 'rejected' && announcesBody(request.raw)) {
          throw badRequest('This request takes no body.');
        }
        await sendAnswer(request, reply, await handler(apiCall(request, reply, options)));
      },
    });
  }
  for (const { id, method, path, handler } of options.cacheManagement ? cacheManagementRoutes(options.parts) : []) {
    app.route({
      method,
      url: routePattern(path),
      config: { operation: { id, method, path } },
      handler: async (request, reply) => {
        if (Object.values(pathParameters(request)).includes('')) throw noRoute(request);
        await sendAnswer(request, reply, await handler(apiCall(request, reply, options)));
      },
    });
  }
  refuseOtherMethods(app);
  app.all('/v2', async (request, reply) => {
    reply.code(302).header('location', `${origin(request.headers, options.baseUrl)}/v2/`);
    await reply.header('content-type', 'text/html; charset=UTF-8').send('');
  });
  app.all(escaped(undecodableRoute), () => {
    throw badRequest('The URL is not in UTF-8.');
  });
  app.setNotFoundHandler((request) => {
    throw noRoute(request);
  });
}

/** Without these routes, a method that `/v2/cache/clean` lacks would take `clean` for a value of `/v2/cache/{image_id}`. */
function refuseOtherMethods(app: FastifyInstance): void {
  for (const path of operationPaths) {
    const own = methodsOf(path);
    const others = (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter((method) => !own.includes(method));
    app.route({
      method: others,
      url: routePattern(path),
      handler: (request) => {
        throw noRoute(request);
      },
    });
  }
}

function routePattern(path: OperationPath | CacheManagementRoute['path']): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** Why no route took the request. */
function noRoute(request: FastifyRequest): ImageServiceError {
  const [path = ''] = request.url.split('?', 1);
  const match = matchPath(path);
  const allowed = match === null ? null : allowedMethods(match.path);
  if (allowed !== null) {
    return new ImageServiceError('methodNotAllowed', `The method ${request.method} is not allowed here.`, {
      headers: { allow: allowed.join(', ') },
    });
  }
  if (!glanceMethods.has(request.method)) {
    return new ImageServiceError('notImplemented', `The method ${request.method} is not known here.`);
  }
  return notFound('There is nothing at this URL.');
}

function apiCall(request: FastifyRequest, reply: FastifyReply, options: ApiRouteOptions): ApiCall {
  const { raw } = request;
  const idleSeconds = options.uploadIdleTimeoutSeconds;
  const onReceived = (bytes: number) => void (request.receivedBytes += bytes);
  const body = () => wantedBody(raw, reply.raw, { idleSeconds, onReceived });
  const length = raw.headers['content-length'];
  return {
    context: callerOf(request),
    parameters: pathParameters(request),
    get query() {
      return queryOf(request);
    },
    method: request.method,
    path: request.url.split('?', 1)[0] ?? '/',
    headers: raw.headers,
    origin: origin(raw.headers, options.baseUrl),
    clientAddress: clientAddress(raw, options.baseUrl.proxyHeaders),
    headersOnly: request.method === 'HEAD',
    contentLength: length === undefined ? null : Number(length),
    header: (name) => {
      if (name === 'content-type') return request.sentContentType;
      const value = raw.headers[name];
      return typeof value === 'string' ? value : value?.join(',');
    },
    readJson: (limitBytes) => readJsonDocument(body(), limitBytes),
    body,
  };
}

function pathParameters(request: FastifyRequest): Readonly<Record<string, string>> {
  const { params } = request;
  const entries = typeof params === 'object' && params !== null ? Object.entries(params) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function queryOf(request: FastifyRequest) {
  const start = request.url.indexOf('?');
  const pairs = start === -1 ? [] : parseQueryString(request.url.slice(start + 1));
  if (pairs === null) throw badRequest('The query string is not in UTF-8.');
  return pairs;
}
