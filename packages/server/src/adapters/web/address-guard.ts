/**
 * To which addresses a connection for a URL may go. A name is looked up once, its addresses are judged, and the
 * connection goes to those that passed and to nothing else: what the name means a moment later does not matter.
 *
 * Behind a proxy it is the proxy that looks names up and connects. There, addresses in URLs are judged as always; a name
 * is refused if we too know it and any of its addresses is not public. A name known to the proxy alone is the proxy's to
 * judge.
 */
import { badRequest, ImageServiceError } from '../../domain/errors.ts';
import { connectableAddress, parseAddressRanges, refusalOfAddress } from '../../domain/imports/special-addresses.ts';
import { comparableHost, urlForMessage } from '../../domain/imports/web-urls.ts';
import type { WebUrl } from '../../domain/imports/web-urls.ts';
import { parseIpAddress } from '../../lib/ip-addresses.ts';
import type { IpAddress } from '../../lib/ip-addresses.ts';
import { connectionFailure } from './connection-failures.ts';
import { abortable } from './deadlines.ts';
import type { Network } from './network.ts';

export interface AddressGuardOptions {
  /** May be connected to whatever their addresses are. */
  readonly allowedHosts: readonly string[];
  /** CIDR ranges that may be connected to although they are not public. */
  readonly allowedAddressRanges: readonly string[];
  /** Names are looked up as they stand, never with a search domain behind them. */
  readonly qualifiesNames: boolean;
}

export interface AddressGuard {
  /** At least one address to connect to; raises `badRequest` when none may be connected to. */
  addressesOf(url: WebUrl, signal: AbortSignal): Promise<readonly string[]>;
  /** Raises `badRequest` when a proxy may not be asked for the URL. */
  checkProxied(url: WebUrl, signal: AbortSignal): Promise<void>;
}

/** How long a name may keep a request from the proxy that knows better. */
const proxiedLookupSeconds = 2;

/** Raises at once when a range is none. */
export function guardAddresses(options: AddressGuardOptions, network: Network): AddressGuard {
  const trustedHosts = new Set(options.allowedHosts.map(comparableHost));
  const ranges = parseAddressRanges(options.allowedAddressRanges);
  const isTrusted = (url: WebUrl): boolean => trustedHosts.has(comparableHost(url.host));

  async function lookUp(url: WebUrl, signal: AbortSignal): Promise<readonly IpAddress[]> {
    if (url.address !== null) return [url.address];
    // A host the operator named is looked up as the machine does it, in its files and search domains too.
    const isComplete = !options.qualifiesNames || isTrusted(url) || url.host.endsWith('.');
    const name = isComplete ? url.host : `${url.host}.`;
    const found = await abortable(network.resolve(name), signal);
    // What stands behind a % is the name of a network interface.
    const parsed = found.map((address) => parseIpAddress(address.replace(/%.*$/, '')));
    return parsed.filter((address) => address !== null);
  }

  return {
    async addressesOf(url, signal) {
      const addresses = await lookUp(url, signal).catch((cause: unknown) => {
        throw signal.aborted ? signal.reason : connectionFailure(shown(url), cause);
      });
      if (addresses.length === 0) {
        throw new ImageServiceError('unavailable', `${shown(url)} has a host name without addresses.`);
      }
      const permitted = isTrusted(url)
        ? addresses
        : addresses.filter((address) => refusalOfAddress(address, ranges) === null);
      if (permitted.length === 0) throw refusal(url, addresses, ranges);
      return [...new Set(permitted.map(connectableAddress))];
    },

    async checkProxied(url, signal) {
      if (isTrusted(url)) return;
      const shortly = AbortSignal.any([signal, AbortSignal.timeout(proxiedLookupSeconds * 1000)]);
      const addresses = isLocalName(url.host) ? loopback : await lookUp(url, shortly).catch(() => []);
      signal.throwIfAborted();
      if (addresses.some((address) => refusalOfAddress(address, ranges) !== null)) {
        throw refusal(url, addresses, ranges);
      }
    },
  };
}

const loopback: readonly IpAddress[] = [{ version: 4, value: 0x7f00_0001n }];

/** Means the machine that looks it up, whatever a name server says. */
function isLocalName(host: string): boolean {
  return /(?:^|\.)localhost\.?$/.test(host);
}

/** The address behind a name stays inside: it would tell a stranger how the names of this network are laid out. */
function refusal(
  url: WebUrl,
  addresses: readonly IpAddress[],
  ranges: ReturnType<typeof parseAddressRanges>,
): ImageServiceError {
  const purpose = addresses.map((address) => refusalOfAddress(address, ranges)).find((found) => found !== null);
  const cause =
    url.address === null ? new Error(`${url.host}: ${addresses.map(connectableAddress).join(', ')}`) : undefined;
  return badRequest(
    `${shown(url)} is refused: the address of its host is ${purpose ?? 'reserved'}, and nothing may be fetched from there.`,
    cause,
  );
}

function shown(url: WebUrl): string {
  return urlForMessage(`${url.scheme}://${url.authority}${url.target}`);
}
