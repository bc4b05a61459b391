/**
 * The URLs that are fetched on behalf of others, taken apart in one way only.
 *
 * Whoever checks a URL and whoever follows it must see the same host. So everything is refused that some program reads
 * differently: characters outside printable ASCII, backslashes, a missing `//`, hosts that are numbers in disguise
 * (`2130706433`, `0x7f.1`, `127.1`, `0177.0.0.1`), escapes in hosts. What is left is compared with a browser's reading
 * once more. Source: contract 04 §3, RFC 3986 §3.
 */
import { formatIpAddress, parseIpAddress, unmapIpAddress } from '../../lib/ip-addresses.ts';
import type { IpAddress } from '../../lib/ip-addresses.ts';
import { badRequest } from '../errors.ts';

export interface WebUrl {
  readonly scheme: 'http' | 'https';
  /** A name in lower case as it was written, or an address in its shortest form without brackets. */
  readonly host: string;
  /** Null when the host is a name. */
  readonly address: IpAddress | null;
  /** As written; null when the scheme's own port is meant. */
  readonly port: number | null;
  /** `user:password`, escaped as it was written; null for none. */
  readonly credentials: string | null;
  /** What the host is called in a request: name or address, brackets and port included. */
  readonly authority: string;
  /** Path and query, at least `/`, as they were written. */
  readonly target: string;
}

const urlPattern = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)(?:#.*)?$/i;
const authorityPattern = /^(?:(.*)@)?(\[[0-9a-f:.]+\]|[^:[\]@]+)(?::([0-9]*))?$/i;
const labelPattern = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const defaultPorts = { http: 80, https: 443 } as const;
const longestUrl = 8192;

/** Takes a URL apart; raises `badRequest` with what is wrong with it. */
export function parseWebUrl(text: string): WebUrl {
  checkCharacters(text);
  const [, schemeText, authority = '', rest = ''] =
    urlPattern.exec(text) ?? refuse(text, 'it is not of the form scheme://host');
  const scheme = parseScheme(text, schemeText);
  const [, credentials, hostText = '', portText = ''] =
    authorityPattern.exec(authority) ?? refuse(text, 'it has no host, or one that cannot be read');
  const host = parseHost(text, hostText.toLowerCase());
  const url = {
    scheme,
    ...host,
    port: parsePort(text, portText),
    credentials: credentials ?? null,
    authority: portText === '' ? hostText.toLowerCase() : `${hostText.toLowerCase()}:${Number(portText)}`,
    target: rest.startsWith('/') ? rest : `/${rest}`,
  };
  checkAgainstBrowser(text, url);
  return url;
}

/** The port a connection goes to. */
export function portOf({ scheme, port }: WebUrl): number {
  return port ?? defaultPorts[scheme];
}

/** Whether what was meant for one server may be told to the other. */
export function isSameOrigin(one: WebUrl, other: WebUrl): boolean {
  return one.scheme === other.scheme && one.host === other.host && portOf(one) === portOf(other);
}

/** A host as it is compared with lists: a dot at the end and brackets say nothing, and addresses have many spellings. */
export function comparableHost(host: string): string {
  const name = host
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  const address = parseIpAddress(name);
  return address === null ? name : formatIpAddress(unmapIpAddress(address));
}

/**
 * A URL as a message may show it: without credentials, and without its query, in which signatures are. Never raises;
 * of text that is no URL, nothing is shown.
 */
export function urlForMessage(text: string): string {
  const [, scheme, authority = '', rest = ''] = urlPattern.exec(text) ?? [];
  if (scheme === undefined) return 'The URL';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  // A password with a slash in it ends the authority too early, and looks like a port.
  if (!/^(?:\[[^[\]]*\]|[^:]*)(?::[0-9]*)?$/.test(host)) return `A URL of scheme ${scheme}`;
  const [path = '', query] = rest.split('?', 2);
  const shown = `${scheme}://${host}${path}`.replace(/[^\x21-\x7e]/g, '\u{fffd}');
  const longest = 200;
  return `${shown.length > longest ? `${shown.slice(0, longest)}…` : shown}${query === undefined ? '' : '?…'}`;
}

function refuse(text: string, reason: string): never {
  throw badRequest(`${urlForMessage(text)} is refused: ${reason}.`);
}

function checkCharacters(text: string): void {
  if (text === '') throw badRequest('The URL is empty.');
  if (text.length > longestUrl) refuse(text, `it is longer than ${longestUrl} characters`);
  if (/[^\x21-\x7e]/.test(text)) {
    refuse(text, 'it has characters that must be percent-encoded (blanks, control characters, or such beyond ASCII)');
  }
  if (text.includes('\\')) refuse(text, 'it has a backslash, which programs read in different ways');
}

function parseScheme(text: string, scheme = ''): WebUrl['scheme'] {
  const name = scheme.toLowerCase();
  if (name === 'http' || name === 'https') return name;
  return refuse(text, 'only http and https can be fetched');
}

function parsePort(text: string, digits: string): number | null {
  if (digits === '') return null;
  const port = Number(digits);
  if (port < 1 || port > 65_535) refuse(text, 'its port is not between 1 and 65535');
  return port;
}

function parseHost(text: string, hostText: string): Pick<WebUrl, 'host' | 'address'> {
  const bracketed = /^\[(.*)\]$/.exec(hostText)?.[1];
  const address = parseIpAddress(bracketed ?? hostText);
  const isMisplaced = address?.version === 4 && bracketed !== undefined;
  if (address !== null && !isMisplaced)
    return { host: formatIpAddress(unmapIpAddress(address)), address: unmapIpAddress(address) };
  if (bracketed !== undefined) refuse(text, 'its host is not an IPv6 address');
  checkName(text, hostText);
  return { host: hostText, address: null };
}

/** A last label that is a number makes some programs take the whole for an address, whatever it looks like. */
function checkName(text: string, name: string): void {
  const labels = name.replace(/\.$/, '').split('.');
  if (/^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) {
    refuse(text, 'its host is a number but not an address of four decimal numbers');
  }
  if (name.length > 253 || !labels.every((label) => labelPattern.test(label))) refuse(text, 'its host is not a name');
}

function checkAgainstBrowser(text: string, url: WebUrl): void {
  const seen = URL.parse(text);
  const isSame =
    seen !== null &&
    seen.protocol === `${url.scheme}:` &&
    comparableHost(seen.hostname) === comparableHost(url.host) &&
    (seen.port === '' ? defaultPorts[url.scheme] : Number(seen.port)) === portOf(url);
  if (!isSame) refuse(text, 'programs read it in different ways');
}
