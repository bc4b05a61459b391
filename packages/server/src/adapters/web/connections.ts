/**
 * Opens the connection on which a URL is asked for: straight to one of its addresses that were judged, or to the proxy
 * of its scheme.
 */
import type { Socket } from 'node:net';
import { portOf } from '../../domain/imports/web-urls.ts';
import type { WebUrl } from '../../domain/imports/web-urls.ts';
import { parseIpAddress } from '../../lib/ip-addresses.ts';
import type { AddressGuard } from './address-guard.ts';
import { connectFirst } from './connect-first.ts';
import { connectionFailure, ConnectionTrouble } from './connection-failures.ts';
import { abortable } from './deadlines.ts';
import type { Network } from './network.ts';
import { openTunnel } from './proxies.ts';
import type { Proxy } from './proxies.ts';
import type { TlsTrust } from './tls-trust.ts';

export interface ConnectionOptions {
  readonly guard: AddressGuard;
  readonly trust: TlsTrust;
  /** By scheme of the URL. */
  readonly proxies: ReadonlyMap<string, Proxy>;
  /** For everything until a request can be sent. */
  readonly timeoutSeconds: number;
}

export interface OpenedConnection {
  readonly socket: Socket;
  /** The request names the whole URL, because it goes to a proxy that reads it. */
  readonly isForwarded: boolean;
  /** Headers that only the proxy is to see. */
  readonly proxyHeaders: Readonly<Record<string, string>>;
}

export interface Connections {
  /** `subject` begins the message of a failure. An abort raises the reason of the signal. */
  open(url: WebUrl, subject: string, signal: AbortSignal): Promise<OpenedConnection>;
}

export function openConnections(options: ConnectionOptions, network: Network): Connections {
  const { guard, trust } = options;

  async function secure(socket: Socket, url: WebUrl, signal: AbortSignal): Promise<Socket> {
    return url.scheme === 'https' ? trust.secure(socket, url, signal) : socket;
  }

  async function openDirect(url: WebUrl, signal: AbortSignal): Promise<OpenedConnection> {
    const addresses = await guard.addressesOf(url, signal);
    const plain = await connectFirst(network, { addresses, port: portOf(url) }, signal);
    const socket = await secure(plain, url, signal).catch(destroying(plain));
    return { socket, isForwarded: false, proxyHeaders: {} };
  }

  async function openProxied(url: WebUrl, proxy: Proxy, signal: AbortSignal): Promise<OpenedConnection> {
    await guard.checkProxied(url, signal);
    const plain = await connectToProxy(proxy, signal);
    try {
      const socket = await secure(plain, proxy.url, signal);
      if (url.scheme === 'http') return { socket, isForwarded: true, proxyHeaders: proxy.headers };
      await openTunnel(socket, { proxy, url }, signal);
      return { socket: await trust.secure(socket, url, signal), isForwarded: false, proxyHeaders: {} };
    } catch (error) {
      return destroying(plain)(error);
    }
  }

  /** The operator named the proxy, so that its address needs no judgement. */
  async function connectToProxy({ url }: Proxy, signal: AbortSignal): Promise<Socket> {
    try {
      const addresses =
        parseIpAddress(url.host) === null ? await abortable(network.resolve(url.host), signal) : [url.host];
      return await connectFirst(network, { addresses, port: portOf(url) }, signal);
    } catch (cause) {
      if (signal.aborted) throw cause;
      // Not by its name, which is none of the business of who asked for the URL.
      throw connectionFailure('The HTTP proxy', cause);
    }
  }

  return {
    async open(url, subject, signal) {
      const deadline = startDeadline(options.timeoutSeconds);
      const either = AbortSignal.any([signal, deadline.signal]);
      const proxy = options.proxies.get(url.scheme);
      try {
        return await (proxy === undefined ? openDirect(url, either) : openProxied(url, proxy, either));
      } catch (cause) {
        if (signal.aborted) throw signal.reason;
        throw connectionFailure(subject, cause);
      } finally {
        deadline.end();
      }
    },
  };
}

function destroying(socket: Socket): (error: unknown) => never {
  return (error) => {
    socket.destroy();
    throw error;
  };
}

function startDeadline(seconds: number): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const reason = new ConnectionTrouble(`could not be connected to within ${seconds} seconds`);
  const timer = setTimeout(() => controller.abort(reason), seconds * 1000);
  return { signal: controller.signal, end: () => clearTimeout(timer) };
}
