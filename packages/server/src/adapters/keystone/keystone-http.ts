/**
 * Calls to Keystone over connections that are kept. Redirects are not followed: a token is for whoever the
 * configuration or the catalog names.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import { ImageServiceError } from '../../domain/errors.ts';
import { KeystoneTrouble, keystoneUnavailable } from './keystone-failures.ts';

export interface KeystoneConnection {
  /** Authorities trusted beside those of Node and of the system; null for none. */
  readonly caFile: string | null;
  /** Certificate of the service, and its private key; null for none. */
  readonly certificateFile: string | null;
  readonly keyFile: string | null;
  /** Certificates are not checked. */
  readonly insecure: boolean;
  /** For a connection, TLS included. */
  readonly connectTimeoutSeconds: number;
  /** For a whole call, its answer included. */
  readonly timeoutSeconds: number;
  /** How often a connection that fails is tried again. */
  readonly connectRetries: number;
}

export interface KeystoneRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly document?: unknown;
}

export interface KeystoneAnswer {
  readonly status: number;
  /** The first value of a response header. */
  header(name: string): string | null;
  /** What the answer says as JSON; undefined for what is none. */
  readonly body: unknown;
}

export interface KeystoneHttp {
  /** Raises `unavailable` when there is no answer, or one of status 5xx. */
  ask(request: KeystoneRequest): Promise<KeystoneAnswer>;
  close(): void;
}

/** The catalog of a large cloud is a few hundred kilobytes. */
const mostAnswerBytes = 16 * 1024 * 1024;
const firstRetryPauseMilliseconds = 100;

/** Reads the files at once; one that cannot be read, or is no certificate, raises `internal` with its name. */
export function openKeystoneHttp(connection: KeystoneConnection): KeystoneHttp {
  const kept = { keepAlive: true, scheduling: 'lifo', timeout: 60_000 } as const;
  const files = readFiles(connection);
  const plainAgent = new HttpAgent(kept);
  let encryptedAgent: HttpsAgent | null = null;
  const deadlineMilliseconds = connection.timeoutSeconds * 1000;

  /** Not earlier, and once: to read the hundreds of authorities of a system takes as long as many calls. */
  function openEncryptedAgent(): HttpsAgent {
    encryptedAgent ??= new HttpsAgent({
      ...kept,
      rejectUnauthorized: !connection.insecure,
      secureContext: createSecureContext({ ...files, ca: trustedAuthorities(files.ca) }),
    });
    return encryptedAgent;
  }

  async function askOnce(call: KeystoneRequest, signal: AbortSignal): Promise<KeystoneAnswer> {
    const url = new URL(call.url);
    const isEncrypted = url.protocol === 'https:';
    const body = call.document === undefined ? null : Buffer.from(JSON.stringify(call.document));
    const asked = (isEncrypted ? httpsRequest : httpRequest)(url, {
      method: call.method,
      agent: isEncrypted ? openEncryptedAgent() : plainAgent,
      signal,
      headers: {
        'user-agent': 'lucarne',
        accept: 'application/json',
        ...call.headers,
        ...(body === null ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
      },
    });
    const response = await receive(asked, body, connection.connectTimeoutSeconds);
    return answerOf(response, await readAnswer(response));
  }

  return {
    async ask(call) {
      const signal = AbortSignal.timeout(deadlineMilliseconds);
      for (let attempt = 0; ;) {
        try {
          const answer = await askOnce(call, signal);
          if (answer.status < 500) return answer;
          throw keystoneUnavailable(new KeystoneTrouble(`${describe(call)} was answered with ${answer.status}`));
        } catch (cause) {
          if (cause instanceof ImageServiceError) throw cause;
          const mayRetry = cause instanceof NotConnected && !signal.aborted;
          // There are only so many kept connections, and what fails with one of them says nothing of Keystone.
          if (mayRetry && cause.wasKept) continue;
          if (!mayRetry || attempt >= connection.connectRetries) {
            throw keystoneUnavailable(troubleOf(call, signal.aborted ? silence(connection) : cause));
          }
          // The next attempt tells that the time is over.
          await pause(firstRetryPauseMilliseconds * 2 ** attempt, undefined, { signal }).catch(() => undefined);
          attempt += 1;
        }
      }
    },
    close() {
      plainAgent.destroy();
      encryptedAgent?.destroy();
    },
  };
}

/** Nobody took the request, so that it may be sent again whatever it asks for. */
class NotConnected extends Error {
  /** The connection was one of an earlier request, which the other end had given up meanwhile. */
  readonly wasKept: boolean;

  constructor(message: string, options: { readonly wasKept: boolean; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.wasKept = options.wasKept;
  }
}

function silence({ timeoutSeconds }: KeystoneConnection): Error {
  return new KeystoneTrouble(`no answer within ${timeoutSeconds} seconds`);
}

/** The answer's headers. Until there is a connection, failures are `NotConnected`. */
function receive(asked: ClientRequest, body: Buffer | null, connectTimeoutSeconds: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let isConnected = false;
    asked.once('socket', (socket) => {
      isConnected = !socket.connecting;
      if (isConnected) return;
      const trouble = new NotConnected(`no connection within ${connectTimeoutSeconds} seconds`, { wasKept: false });
      const deadline = setTimeout(() => asked.destroy(trouble), connectTimeoutSeconds * 1000);
      const end = (): void => clearTimeout(deadline);
      socket.once('close', end).once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
        isConnected = true;
        end();
      });
    });
    asked.once('response', resolve);
    asked.on('error', (error) => {
      const wasKept = asked.reusedSocket;
      const wasSent = isConnected && !wasKept;
      const isTold = wasSent || error instanceof NotConnected;
      reject(isTold ? error : new NotConnected(error.message, { wasKept, cause: error }));
    });
    asked.end(body ?? undefined);
  });
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > mostAnswerBytes) throw new KeystoneTrouble(`its answer is longer than ${mostAnswerBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, text: string): KeystoneAnswer {
  return {
    status: statusCode,
    header: (name) => [headers[name]].flat()[0] ?? null,
    body: parseJson(text),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describe({ method, url }: KeystoneRequest): string {
  const { origin, pathname } = new URL(url);
  return `${method} ${origin}${pathname}`;
}

function troubleOf(call: KeystoneRequest, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KeystoneTrouble(`${describe(call)} failed: ${reason}`, { cause });
}

function trustedAuthorities(own: readonly string[]): string[] {
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system'), ...own])];
}

function readFiles(connection: KeystoneConnection): SecureContextOptions & { readonly ca: readonly string[] } {
  const { caFile, certificateFile, keyFile } = connection;
  return {
    ca: caFile === null ? [] : [readCertificates(caFile)],
    ...(certificateFile === null ? {} : { cert: readCertificates(certificateFile) }),
    // As elsewhere, one file may hold both.
    ...(certificateFile === null ? {} : { key: readFile(keyFile ?? certificateFile) }),
  };
}

function readCertificates(path: string): string {
  const text = readFile(path);
  try {
    // Raises when there is none.
    new X509Certificate(text).toString();
    return text;
  } catch (cause) {
    throw new ImageServiceError('internal', `The file ${path} for Keystone has no certificate.`, { cause });
  }
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ImageServiceError('internal', `The certificate file ${path} for Keystone cannot be read.`, { cause });
  }
}
