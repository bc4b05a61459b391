/**
 * Asks servers that others named, and follows where they point. Each hop is checked as the first one was: its text by
 * the filter, its addresses by the guard, and the connection goes to what was judged. Source: contract 04 §3, 05 §8.6.
 */
import { badRequest, ImageServiceError, isImageServiceError } from '../../domain/errors.ts';
import { checkImportUri } from '../../domain/imports/uri-filter.ts';
import type { ImportUriFilter } from '../../domain/imports/uri-filter.ts';
import { isSameOrigin, parseWebUrl, urlForMessage } from '../../domain/imports/web-urls.ts';
import type { WebUrl } from '../../domain/imports/web-urls.ts';
import type { WebAnswer, WebCall, WebClient } from '../../ports/web-client.ts';
import { guardAddresses } from './address-guard.ts';
import { openConnections } from './connections.ts';
import { basicCredentials } from './credentials.ts';
import { exchange } from './exchange.ts';
import { hostNetwork } from './network.ts';
import type { Network } from './network.ts';
import { parseProxy } from './proxies.ts';
import { openTlsTrust } from './tls-trust.ts';

export interface WebClientOptions {
  /** Decides about the text of URLs, redirects included; null takes every http and https URL. */
  readonly filter: ImportUriFilter | null;
  /** Hosts that may be connected to whatever their addresses are. */
  readonly allowedHosts: readonly string[];
  /** CIDR ranges that may be connected to although they are not public. */
  readonly allowedAddressRanges: readonly string[];
  /** Authorities trusted beside those of Node and of the system; null for none. */
  readonly caFile: string | null;
  /** Certificates are not checked. */
  readonly insecure: boolean;
  /** Proxy by scheme of the URL: a URL, or `host:port`. */
  readonly proxies: ReadonlyMap<string, string>;
  /** A server that sends nothing for so long is given up. */
  readonly idleTimeoutSeconds: number;
  /** For everything until a request can be sent: name, connection, proxy, TLS. */
  readonly connectTimeoutSeconds: number;
  readonly maxRedirects: number;
  readonly redirectStatuses: readonly number[];
}

/** Raises at once for a certificate file, a proxy or a range that is none. */
export function openWebClient(options: WebClientOptions, network: Network = hostNetwork): WebClient {
  const guard = guardAddresses({ ...options, qualifiesNames: options.filter !== null }, network);
  const connections = openConnections(
    {
      guard,
      trust: openTlsTrust(options),
      proxies: new Map([...options.proxies].map(([scheme, text]) => [scheme.toLowerCase(), parseProxy(text)])),
      timeoutSeconds: options.connectTimeoutSeconds,
    },
    network,
  );
  const check = (text: string): WebUrl =>
    options.filter === null ? parseWebUrl(text) : checkImportUri(options.filter, text);

  function checkNext(text: string, visited: ReadonlySet<string>): WebUrl {
    try {
      return check(text);
    } catch (error) {
      return blaming(visited)(error);
    }
  }

  async function ask(url: WebUrl, shownUrl: string, call: WebCall): Promise<WebAnswer> {
    const signal = call.signal ?? new AbortController().signal;
    const { socket, isForwarded, proxyHeaders } = await connections.open(url, shownUrl, signal);
    return exchange({
      socket,
      method: call.method,
      target: isForwarded ? `http://${url.authority}${url.target}` : url.target,
      headers: { ...headersOf(url, call), ...proxyHeaders },
      shownUrl,
      idleTimeoutSeconds: options.idleTimeoutSeconds,
      signal,
    });
  }

  return {
    async send(call) {
      let hop: WebCall = call;
      let url = check(hop.url);
      const visited = new Set<string>();
      for (;;) {
        const shownUrl = urlForMessage(hop.url);
        const answer = await ask(url, shownUrl, hop).catch(blaming(visited));
        const location = options.redirectStatuses.includes(answer.status) ? answer.headers.get('location') : undefined;
        if (location === undefined) return answer;
        await answer.close();
        visited.add(hop.url);
        const nextText = resolveLocation(hop.url, location);
        checkRedirects(visited, nextText, options.maxRedirects);
        const next = checkNext(nextText, visited);
        const isSame = isSameOrigin(url, next);
        hop = { ...(isSame ? hop : withoutHeaders(hop)), url: nextText };
        url = isSame && next.credentials === null ? { ...next, credentials: url.credentials } : next;
      }
    },
  };
}

function headersOf(url: WebUrl, { headers, range }: WebCall): Record<string, string> {
  return {
    'user-agent': 'lucarne',
    accept: '*/*',
    ...(url.credentials === null ? {} : { authorization: basicCredentials(url.credentials) }),
    ...headers,
    ...(range === undefined ? {} : { range: `bytes=${range.start}-${range.end}` }),
    // A packed answer says nothing about how much there is.
    'accept-encoding': 'identity',
    host: url.authority,
  };
}

/** They may be a token, which is not for whoever the server points at. */
function withoutHeaders({ method, range, signal, url }: WebCall): WebCall {
  return { method, url, ...(range === undefined ? {} : { range }), ...(signal === undefined ? {} : { signal }) };
}

function resolveLocation(from: string, location: string): string {
  // As it stands where it is a whole URL, so that the filter sees what the server wrote.
  if (/^[a-z][a-z0-9+.-]*:/i.test(location) && /^[\x21-\x7e]*$/.test(location)) return location;
  const target = URL.parse(Buffer.from(location, 'latin1').toString(), from);
  if (target === null || location.includes('\\')) {
    throw badRequest(`${urlForMessage(from)} redirects to something that is not a URL.`);
  }
  return target.href;
}

function checkRedirects(visited: ReadonlySet<string>, next: string, maxRedirects: number): void {
  const [first = ''] = visited;
  if (visited.has(next)) throw badRequest(`${urlForMessage(first)} redirects in a circle.`);
  if (visited.size > maxRedirects) {
    throw badRequest(`${urlForMessage(first)} redirects more than ${maxRedirects} times.`);
  }
}

/** Says of a failure behind a redirect who pointed there. */
function blaming(visited: ReadonlySet<string>): (error: unknown) => never {
  return (error) => {
    const [first] = visited;
    if (first === undefined || !isImageServiceError(error)) throw error;
    throw new ImageServiceError(error.code, `${urlForMessage(first)} redirects: ${error.message}`, { cause: error });
  };
}
