/** HTTP proxies: what is configured, and the tunnel a proxy makes for https. */
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ImageServiceError } from '../../domain/errors.ts';
import { parseWebUrl, portOf } from '../../domain/imports/web-urls.ts';
import type { WebUrl } from '../../domain/imports/web-urls.ts';
import { basicCredentials } from './credentials.ts';
import { abortable } from './deadlines.ts';

export interface Proxy {
  readonly url: WebUrl;
  /** Headers every request to the proxy carries. */
  readonly headers: Readonly<Record<string, string>>;
}

/** `http://proxy:3128`, `https://user:password@proxy`, or `proxy:3128`; anything else raises `internal`. */
export function parseProxy(text: string): Proxy {
  try {
    const url = parseWebUrl(text.includes('://') ? text : `http://${text}`);
    const { credentials } = url;
    return { url, headers: credentials === null ? {} : { 'proxy-authorization': basicCredentials(credentials) } };
  } catch (cause) {
    // Without the text, which may have a password in it.
    throw new ImageServiceError('internal', 'An HTTP proxy is configured with something that is not its URL.', {
      cause,
    });
  }
}

/** Asks the proxy at the other end of `socket` for a connection; afterwards the socket leads to the host of the URL. */
export async function openTunnel(
  socket: Socket,
  target: { proxy: Proxy; url: WebUrl },
  signal: AbortSignal,
): Promise<void> {
  const host = target.url.host.includes(':') ? `[${target.url.host}]` : target.url.host;
  const authority = `${host}:${portOf(target.url)}`;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const asked = request({
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...target.proxy.headers },
    createConnection: () => socket,
  });
  asked.once('connect', resolve);
  asked.on('error', reject);
  asked.end();
  const { statusCode = 0 } = await abortable(promise, signal);
  if (statusCode < 200 || statusCode > 299) {
    throw new ImageServiceError('unavailable', `The HTTP proxy answered ${statusCode} and makes no connection.`);
  }
}
