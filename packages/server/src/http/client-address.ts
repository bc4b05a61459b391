/**
 * The address of the client, for records. What a proxy says about it counts only when the operator allows it.
 * Source: contract 01 §9, 11 [oslo_middleware].
 */
import type { IncomingMessage } from 'node:http';

export function clientAddress(request: Pick<IncomingMessage, 'headers' | 'socket'>, proxyHeaders: boolean): string {
  const own = request.socket.remoteAddress ?? 'unknown';
  if (!proxyHeaders) return own;
  const { forwarded, 'x-forwarded-for': forwardedFor } = request.headers;
  const said = forwarded === undefined ? listed(forwardedFor) : standard(forwarded);
  return said !== undefined && /^[\w.:%-]{1,64}$/.test(said) ? said : own;
}

/** The first of `X-Forwarded-For`: the client as the proxy nearest to it saw it. */
function listed(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === 'string' ? header : header?.[0];
  return text?.split(',')[0]?.trim();
}

/** `for=` of the first element of `Forwarded`, without its port. */
function standard(header: string): string | undefined {
  const [first = ''] = header.split(',');
  const [, node] = /(?:^|;)\s*for\s*=\s*"?([^";]+)"?/i.exec(first) ?? [];
  return node
    ?.trim()
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/^([\d.]+):\d+$/, '$1');
}
