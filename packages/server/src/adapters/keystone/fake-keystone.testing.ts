/**
 * A Keystone that a test writes the lines of, over real HTTP: it signs the service in, knows the tokens it is told, and
 * fails as it is told.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { openKeystoneSession } from './service-session.ts';
import type { KeystoneSession, KeystoneSessionOptions } from './service-session.ts';

export interface FakeRequest {
  readonly method: string;
  /** With the query, as it was sent. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** What is sent in place of the right answer; `silence` is none at all, `cut` ends the connection. */
export type Lapse = number | 'silence' | 'cut';

export interface FakeKeystone {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Everything it was asked, oldest first. */
  readonly requests: readonly FakeRequest[];
  /** Tokens of callers by their text. */
  readonly tokens: Map<string, Readonly<Record<string, unknown>>>;
  /** Life of the tokens it gives the service, by the host's clock, in seconds. */
  lifeSeconds: number;
  /** Catalog that comes with them; by default the one that leads back here. */
  catalog: unknown;
  /** Which of the tokens it gave are still accepted; all of them when left alone. */
  accepts: (ownToken: string) => boolean;
  /** Asked for each request; null lets it do what is right. */
  lapse: (request: FakeRequest) => Lapse | null;
  /** Holds all answers back until what it gives is called. */
  hold(): () => void;
  /** How often it was asked for this. */
  count(method: string, path: string): number;
  /** A session that signs in here. */
  session(options?: Partial<KeystoneSessionOptions>): KeystoneSession;
  /** Ends the connections it has, and takes new ones. */
  dropConnections(): void;
  stop(): Promise<void>;
  /** Takes the same port again after `stop`. */
  restart(): Promise<void>;
}

export async function startFakeKeystone(): Promise<FakeKeystone> {
  const requests: FakeRequest[] = [];
  const given = new Set<string>();
  let held: Promise<void> = Promise.resolve();
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  async function listen(at: number): Promise<Server> {
    const started = createServer((request, response) => void handle(request, response));
    started.listen(at, '127.0.0.1');
    await once(started, 'listening');
    return started;
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = incoming.method === 'POST' ? await json(incoming) : undefined;
    const request = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, body };
    requests.push(request);
    await held;
    const lapse = fake.lapse(request);
    if (lapse === 'silence') return;
    if (lapse === 'cut') return void incoming.socket.destroy();
    const answer = lapse === null ? answerTo(request) : { status: lapse, document: { error: { code: lapse } } };
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.document));
  }

  function answerTo(request: FakeRequest): {
    readonly status: number;
    readonly document: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  } {
    const path = request.url.split('?', 1)[0];
    if (path === '/') {
      const links = [{ rel: 'self', href: `${url}/v3/` }];
      return { status: 300, document: { versions: { values: [{ id: 'v3.14', status: 'stable', links }] } } };
    }
    if (path === '/v3/auth/tokens' && request.method === 'POST') {
      const own = `own-${given.size + 1}`;
      given.add(own);
      const expires = new Date(Date.now() + fake.lifeSeconds * 1000).toISOString();
      return {
        status: 201,
        headers: { 'x-subject-token': own },
        document: { token: { expires_at: expires, catalog: fake.catalog } },
      };
    }
    const own = String(request.headers['x-auth-token']);
    if (!given.has(own) || !fake.accepts(own)) return { status: 401, document: { error: { code: 401 } } };
    if (path !== '/v3/auth/tokens') return { status: 200, document: { path } };
    const token = fake.tokens.get(String(request.headers['x-subject-token']));
    return token === undefined
      ? { status: 404, document: { error: { code: 404 } } }
      : { status: 200, document: { token } };
  }

  const endpoint = { interface: 'internal', region: 'one', region_id: 'one', url: `${url}/v3` };
  const fake: FakeKeystone = {
    url,
    requests,
    tokens: new Map(),
    lifeSeconds: 3600,
    catalog: [{ type: 'identity', endpoints: [endpoint] }],
    accepts: () => true,
    lapse: () => null,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    count: (method, path) =>
      requests.filter((request) => request.method === method && request.url.split('?', 1)[0] === path).length,
    session: (options = {}) => openKeystoneSession({ ...sessionOptions(url), ...options }),
    dropConnections: () => server.closeAllConnections(),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close').catch(() => undefined);
    },
    async restart() {
      server = await listen(port);
    },
  };
  return fake;
}

export function sessionOptions(url: string): KeystoneSessionOptions {
  return {
    login: {
      authUrl: url,
      proof: { kind: 'password', user: { name: 'glance', domain: { name: 'Default' } }, password: 'hunter2' },
      scope: { kind: 'project', project: { name: 'service', domain: { name: 'Default' } } },
    },
    connection: {
      caFile: null,
      certificateFile: null,
      keyFile: null,
      insecure: false,
      connectTimeoutSeconds: 5,
      timeoutSeconds: 30,
      connectRetries: 0,
    },
    endpoint: { interfaces: ['internal'], region: null, override: null },
    clock: { now: () => new Date(), every: () => () => undefined },
  };
}

/** A project token as Keystone describes it. */
export function tokenOf(
  changes: Readonly<Record<string, unknown>> = {},
  expiresAt: Date = new Date(Date.now() + 3_600_000),
): Readonly<Record<string, unknown>> {
  const domain = { id: 'd1', name: 'Default' };
  return {
    methods: ['password'],
    user: { id: 'u1', name: 'alice', domain, password_expires_at: null },
    project: { id: 'p1', name: 'demo', domain },
    roles: [
      { id: 'r1', name: 'Member' },
      { id: 'r2', name: 'reader' },
    ],
    is_domain: false,
    issued_at: '2026-01-01T00:00:00.000000Z',
    expires_at: expiresAt.toISOString(),
    catalog: [{ type: 'image', name: 'glance', endpoints: [] }],
    ...changes,
  };
}
