/** The address of a message bus, as oslo.messaging writes it. Source: contract 13 A1. */

export interface TransportUrl {
  /** At least one. */
  readonly hosts: readonly TransportHost[];
  readonly virtualHost: string;
  readonly query: ReadonlyMap<string, string>;
}

export interface TransportHost {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

const standardPort = 5672;
const urlPattern = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i;
const hostPattern = /^(\[[0-9a-f:.%]+\]|[^:\s[\]]+)?(?::(\d{1,5}))?$/i;

/** What is wrong never shows the address, in which passwords stand. */
export function parseTransportUrl(text: string): { readonly url: TransportUrl } | { readonly wrong: string } {
  const parts = urlPattern.exec(text.trim());
  if (parts === null)
    return {
      wrong: 'the value is not the address of a message bus; allowed is rabbit://user:password@host:port/vhost',
    };
  const [, scheme = '', authority = '', path = '', query = ''] = parts;
  if (scheme.toLowerCase() !== 'rabbit') {
    return { wrong: `the transport ${scheme} is not supported; allowed is rabbit` };
  }
  try {
    const hosts = authority.split(',').map(parseHost);
    // No path and an empty one are both the default virtual host.
    const virtualHost = path === '' ? '/' : decodeURIComponent(path);
    return { url: { hosts, virtualHost, query: new Map(new URLSearchParams(query)) } };
  } catch (error) {
    return { wrong: error instanceof WrongHost ? error.message : 'a percent sign in the value is not part of a code' };
  }
}

class WrongHost extends Error {}

function parseHost(text: string, index: number): TransportHost {
  const at = text.lastIndexOf('@');
  const [user = '', ...password] = at === -1 ? ['guest', 'guest'] : text.slice(0, at).split(':');
  const parts = hostPattern.exec(text.slice(at + 1).trim());
  const port = Number(parts?.[2] ?? standardPort);
  if (parts === null || port > 65_535) throw new WrongHost(`host ${index + 1} of the value is not a host with a port`);
  return {
    host: (parts[1] ?? 'localhost').replace(/^\[|\]$/g, ''),
    port,
    user: decodeURIComponent(user),
    password: decodeURIComponent(password.join(':')),
  };
}
