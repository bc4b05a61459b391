/** What is answered without a token: the version lists, the health check, and what is mounted beside the API. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { METHODS } from 'node:http';
import { baseUrl } from './base-url.ts';
import type { BaseUrlOptions } from './base-url.ts';
import { healthcheckAnswer } from './healthcheck.ts';
import { readBody, wantedBody } from './request-data.ts';
import { escaped, versionListRoutes } from './routing.ts';

export interface VersionListOptions {
  /** `v2`, `v2.9`, … as far as the configuration offers them. */
  readonly acceptedTokens: ReadonlySet<string>;
  /** The document for links that begin with that URL. */
  readonly document: (baseUrl: string) => unknown;
  /** Configured URL of the service, or null to take it from each request. */
  readonly publicEndpoint: string | null;
}

/** A request to something that is not part of the Image API. */
export interface MountedRequest {
  readonly method: string;
  /** Below the prefix, with a leading slash, still encoded. */
  readonly path: string;
  /** Without its `?`. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly baseUrl: string;
  /** Raises when the body is larger than 1 MiB. */
  body(): Promise<Uint8Array>;
}

export interface Mount {
  /** First path segment. */
  readonly prefix: string;
  handle(request: MountedRequest): Promise<{
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }>;
}

interface OpenRouteOptions {
  readonly versions: VersionListOptions;
  readonly baseUrl: BaseUrlOptions;
  readonly mounts: readonly Mount[];
  readonly isDisabled: () => boolean;
  readonly uploadIdleTimeoutSeconds: number;
}

const mountedBodyLimitBytes = 1024 * 1024;

export function addOpenRoutes(app: FastifyInstance, options: OpenRouteOptions): void {
  const open = { config: { open: true } };
  const keepsOptions = { config: { open: true, cors: 'answers-options' } } as const;
  const besideCors = { config: { open: true, cors: 'none' } } as const;
  answerAllMethods(app);
  const versions = (status: number) => async (request: FastifyRequest, reply: FastifyReply) => {
    const base = options.versions.publicEndpoint ?? baseUrl(request.headers, options.baseUrl);
    const text = JSON.stringify(options.versions.document(base));
    reply.code(status).header('content-type', 'application/json');
    await reply.send(Buffer.from(request.method === 'HEAD' ? '' : text));
  };
  // Colons make these routes unreachable by themselves; `routedUrl` leads here.
  app.all(escaped(versionListRoutes.chooseOne), open, versions(300));
  app.all(escaped(versionListRoutes.all), keepsOptions, versions(200));

  const health = async (request: FastifyRequest, reply: FastifyReply) => {
    const { method, headers } = request;
    const answer = healthcheckAnswer({ method, accept: headers.accept }, options.isDisabled());
    await reply.code(answer.status).header('content-type', answer.contentType).send(Buffer.from(answer.text));
  };
  app.all('/healthcheck', besideCors, health);
  app.all('/healthcheck/*', besideCors, health);

  for (const mount of options.mounts) {
    const handler = (request: FastifyRequest, reply: FastifyReply) => serveMount(mount, options, { request, reply });
    app.all(`/${mount.prefix}`, open, handler);
    app.all(`/${mount.prefix}/*`, open, handler);
  }
}

/** The framework knows the usual methods only; here no method makes a difference. */
function answerAllMethods(app: FastifyInstance): void {
  for (const method of METHODS) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true });
  }
}

async function serveMount(
  mount: Mount,
  options: OpenRouteOptions,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<void> {
  const [path, query = ''] = splitOnce(request.url.slice(1 + mount.prefix.length), '?');
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = typeof value === 'string' ? value : value?.join(',');
  }
  headers['content-type'] = request.sentContentType;
  const answer = await mount.handle({
    method: request.method,
    path: path === '' ? '/' : path,
    query,
    headers,
    baseUrl: baseUrl(request.headers, options.baseUrl),
    body: () =>
      readBody(
        wantedBody(request.raw, reply.raw, {
          idleSeconds: options.uploadIdleTimeoutSeconds,
          onReceived: (bytes) => void (request.receivedBytes += bytes),
        }),
        mountedBodyLimitBytes,
      ),
  });
  await reply.code(answer.status).headers(answer.headers).send(Buffer.from(answer.body));
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
