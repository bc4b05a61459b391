/**
 * The URL under which a client reaches the service, for links and redirects. What a proxy says about it counts only
 * when the operator allows it. Source: contract 01 §7, §9, 11 [oslo_middleware].
 */
import type { IncomingHttpHeaders } from 'node:http';

export interface BaseUrlOptions {
  readonly proxyHeaders: boolean;
  readonly encrypted: boolean;
  /** Used when a client sends no usable Host header. */
  readonly fallbackHost: string;
}

/** `scheme://host[prefix]` without a slash at the end. */
export function baseUrl(headers: IncomingHttpHeaders, options: BaseUrlOptions): string {
  return `${origin(headers, options)}${options.proxyHeaders ? (forwarded(headers).prefix ?? '') : ''}`;
}

/** `scheme://host`, to which `Location` headers add the path the service itself knows. */
export function origin(headers: IncomingHttpHeaders, options: BaseUrlOptions): string {
  const own = { scheme: options.encrypted ? 'https' : 'http', host: headers.host ?? '' };
  const { scheme, host } = options.proxyHeaders ? { ...own, ...forwarded(headers) } : own;
  return `${scheme}://${isHost(host) ? host : options.fallbackHost}`;
}

/** A name or address with an optional port; anything else could be made to say something in a link. */
function isHost(host: string): boolean {
  return /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(host);
}

function forwarded(headers: IncomingHttpHeaders): { scheme?: string; host?: string; prefix?: string } {
  const standard = headers['forwarded'];
  if (standard !== undefined) return fromForwarded(standard);
  const scheme = single(headers['x-forwarded-proto']);
  const host = single(headers['x-forwarded-host']);
  const prefix = single(headers['x-forwarded-prefix']);
  return {
    ...(scheme === 'http' || scheme === 'https' ? { scheme } : {}),
    ...(host === undefined ? {} : { host }),
    ...(prefix === undefined || !/^(?:\/[A-Za-z0-9._~-]+)+\/?$/.test(prefix)
      ? {}
      : { prefix: prefix.replace(/\/$/, '') }),
  };
}

/** The first element of `Forwarded`: the proxy nearest to the client. */
function fromForwarded(header: string): { scheme?: string; host?: string } {
  const [first = ''] = header.split(',');
  const pairs = new Map<string, string>();
  for (const part of first.split(';')) {
    const [name = '', value = ''] = part.split('=', 2).map((side) => side.trim());
    pairs.set(name.toLowerCase(), value.replace(/^"(.*)"$/, '$1'));
  }
  const scheme = pairs.get('proto');
  const host = pairs.get('host');
  return {
    ...(scheme === 'http' || scheme === 'https' ? { scheme } : {}),
    ...(host === undefined ? {} : { host }),
  };
}

function single(value: string | readonly string[] | undefined): string | undefined {
  const text = typeof value === 'string' ? value : value?.[0];
  return text?.split(',')[0]?.trim();
}
