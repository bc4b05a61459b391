/**
 * An HTTP client that sends what it is told: paths are not normalised, no header is added but the identity of the
 * persona, and answers are not judged.
 */
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';

/** Identity headers of the callers that the tests know. */
const personas = {
  admin: identity('root', 'admin-project', 'admin,member,reader'),
  /** Owns what tests create unless they say otherwise. */
  member: identity('alice', 'p1', 'member,reader'),
  otherMember: identity('bob', 'p2', 'member,reader'),
  reader: identity('rita', 'p1', 'reader'),
  service: identity('nova', 'service-project', 'service'),
  /** Signed in, without any role. */
  nobody: identity('nemo', 'p3', ''),
  /** Without identity headers. */
  stranger: {},
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type Persona = keyof typeof personas;

export interface RequestOptions {
  /** `member` when left out. */
  readonly as?: Persona;
  /** `transfer-encoding` takes the place of the length of the body. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, with its content type unless `headers` say another. */
  readonly json?: unknown;
  readonly body?: string | Uint8Array | undefined;
}

export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as a JSON object. */
  json(): Record<string, unknown>;
}

export interface HttpClient {
  send(request: string, options?: RequestOptions): Promise<Answer>;
  close(): void;
}

/** The identity headers of a persona. */
export function identityHeaders(persona: Persona): Readonly<Record<string, string>> {
  return personas[persona];
}

export function openClient(port: number): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  return {
    send(request, options = {}) {
      const [method, path] = splitOnce(request, ' ');
      const body = options.json === undefined ? options.body : JSON.stringify(options.json);
      const isChunked = options.headers?.['transfer-encoding'] !== undefined;
      const headers: Record<string, string> = {
        ...personas[options.as ?? 'member'],
        ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(body === undefined || isChunked ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      };
      for (const [name, value] of Object.entries(options.headers ?? {})) {
        headers[name.toLowerCase()] = value;
      }
      return exchange({ agent, port, method, path, headers, body });
    },
    close: () => agent.destroy(),
  };
}

interface Exchange {
  readonly agent: Agent;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | undefined;
}

function exchange({ body, ...request }: Exchange): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', ...request }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? '',
          headers: response.headers,
          bytes,
          text: bytes.toString('utf8'),
          json: () => asObject(JSON.parse(bytes.toString('utf8'))),
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error(`Not a JSON object: ${JSON.stringify(value)}`);
  return Object.fromEntries(Object.entries(value));
}

function identity(user: string, project: string, roles: string): Readonly<Record<string, string>> {
  return {
    'x-identity-status': 'Confirmed',
    'x-user-id': user,
    'x-project-id': project,
    ...(roles === '' ? {} : { 'x-roles': roles }),
  };
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
