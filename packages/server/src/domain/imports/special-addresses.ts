/**
 * Which addresses the service may connect to on behalf of others: public ones, and ranges that the operator allows.
 * Source: the special-purpose address registries of IANA for IPv4 and IPv6 (RFC 6890 and its successors), RFC 6052.
 *
 * Invariant: an address nobody knows anything about is refused. Of IPv6 only what is allocated to the public Internet,
 * 2000::/3, can be public at all.
 */
import { formatIpAddress, isInRange, parseAddressRange, unmapIpAddress } from '../../lib/ip-addresses.ts';
import type { AddressRange, IpAddress } from '../../lib/ip-addresses.ts';

/** Range and what it is for; an address in several of them has the purpose named first. */
export const specialRanges = [
  ['0.0.0.0/32', 'unspecified'],
  ['0.0.0.0/8', 'of this network'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'of the shared space of carriers'],
  ['127.0.0.0/8', 'loopback'],
  ['168.63.129.16/32', 'of a cloud platform'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'reserved for protocols'],
  ['192.0.2.0/24', 'for documentation'],
  ['192.31.196.0/24', 'for name server sinks'],
  ['192.52.193.0/24', 'for multicast tunnels'],
  ['192.88.99.0/24', 'for 6to4 relays'],
  ['192.168.0.0/16', 'private'],
  ['192.175.48.0/24', 'for name server sinks'],
  ['198.18.0.0/15', 'for benchmarks'],
  ['198.51.100.0/24', 'for documentation'],
  ['203.0.113.0/24', 'for documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  ['240.0.0.0/4', 'reserved'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::/96', 'IPv4-compatible'],
  ['::ffff:0:0:0/96', 'IPv4-translated'],
  ['64:ff9b:1::/48', 'for local translation'],
  ['100::/64', 'discard-only'],
  ['100:0:0:1::/64', 'a dummy'],
  ['2001::/32', 'a Teredo tunnel'],
  ['2001:2::/48', 'for benchmarks'],
  ['2001::/23', 'reserved for protocols'],
  ['2001:db8::/32', 'for documentation'],
  ['2002::/16', 'a 6to4 tunnel'],
  ['2620:4f:8000::/48', 'for name server sinks'],
  ['3fff::/20', 'for documentation'],
  ['5f00::/16', 'for segment routing'],
  ['fc00::/7', 'private'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'site-local'],
  ['ff00::/8', 'multicast'],
] as const;

const special = specialRanges.map(([text, purpose]) => ({ range: range(text), purpose }));
const publicIpv6 = range('2000::/3');
/** Where networks without IPv4 reach it; such an address is as public as the one within. */
const translation = range('64:ff9b::/96');

/** Places within IPv6 addresses at which tunnels and translators find the IPv4 address they deliver to. */
const embeddings: readonly { readonly range: AddressRange; readonly embedded: (value: bigint) => readonly bigint[] }[] =
  [
    // Not the addresses :: and ::1, which stand for themselves.
    { range: range('::/96'), embedded: (value) => (value > 1n ? [value] : []) },
    { range: range('::ffff:0:0:0/96'), embedded: (value) => [value] },
    { range: translation, embedded: (value) => [value] },
    // 16 bits before the octet that is always 0, and 16 behind it.
    {
      range: range('64:ff9b:1::/48'),
      embedded: (value) => [(((value >> 64n) & 0xffffn) << 16n) | ((value >> 40n) & 0xffffn)],
    },
    { range: range('2002::/16'), embedded: (value) => [value >> 80n] },
    // The server, and the client with all its bits turned over.
    { range: range('2001::/32'), embedded: (value) => [value >> 64n, ~value] },
  ];

/**
 * Why nothing may connect to an address, as words that go behind "the address is"; null when it may. An IPv6 address that
 * carries an IPv4 address is refused for either of them, unless both are allowed.
 */
export function refusalOfAddress(address: IpAddress, allowed: readonly AddressRange[]): string | null {
  for (const each of destinationsOf(unmapIpAddress(address))) {
    if (allowed.some((range) => isInRange(each, range))) continue;
    const purpose = purposeOf(each);
    if (purpose !== null) return purpose;
  }
  return null;
}

function purposeOf(address: IpAddress): string | null {
  const found = special.find(({ range }) => isInRange(address, range));
  if (found !== undefined) return found.purpose;
  if (address.version === 4 || isInRange(address, publicIpv6)) return null;
  return 'reserved';
}

/** The address, unless it only stands for another one, and the IPv4 addresses within. */
function destinationsOf(address: IpAddress): readonly IpAddress[] {
  if (address.version === 4) return [address];
  const values = [
    ...embeddings.filter(({ range }) => isInRange(address, range)).flatMap(({ embedded }) => embedded(address.value)),
    ...(isIsatap(address) ? [address.value] : []),
  ];
  const within = values.map((value) => ({ version: 4 as const, value: BigInt.asUintN(32, value) }));
  return isInRange(address, translation) ? within : [address, ...within];
}

/** Interface ids `0:5efe:a.b.c.d` and `200:5efe:a.b.c.d` are delivered through IPv4 under whatever prefix. */
function isIsatap({ value }: IpAddress): boolean {
  const marker = (value >> 32n) & 0xffff_ffffn;
  return marker === 0x0000_5efen || marker === 0x0200_5efen;
}

function range(text: string): AddressRange {
  const parsed = parseAddressRange(text);
  if (parsed === null) throw new Error(`${text} is no address range.`);
  return parsed;
}

/** An operator's list; raises with the entry that is none. */
export function parseAddressRanges(texts: readonly string[]): readonly AddressRange[] {
  return texts.map(range);
}

/** The address a connection goes to: without the IPv6 clothes of an IPv4 address. */
export function connectableAddress(address: IpAddress): string {
  return formatIpAddress(unmapIpAddress(address));
}
