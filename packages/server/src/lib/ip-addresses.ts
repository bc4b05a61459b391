/**
 * IP addresses and CIDR ranges as numbers. Only the forms nobody can misread are taken: a quad of four decimal numbers
 * without leading zeros, and IPv6 without a zone. What other programs also take for an address (`127.1`, `0x7f.0.0.1`,
 * `0177.0.0.1`, `2130706433`) is none here.
 */

export interface IpAddress {
  readonly version: 4 | 6;
  readonly value: bigint;
}

/** The addresses whose first `prefixBits` bits are those of `first`; the other bits of `first` are 0. */
export interface AddressRange {
  readonly first: IpAddress;
  readonly prefixBits: number;
}

const quadPattern = /^(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})$/;
/** `::ffff:0:0/96`, IPv4 addresses as an IPv6 socket shows them. */
const mappedPrefix = 0xffffn;

/** Null for what is no address. */
export function parseIpAddress(text: string): IpAddress | null {
  if (!text.includes(':')) return parseQuad(text);
  const value = parseIpv6(text);
  return value === null ? null : { version: 6, value };
}

/** The shortest form in lower case, as RFC 5952 has it. */
export function formatIpAddress({ version, value }: IpAddress): string {
  if (version === 4) return formatQuad(value);
  if (value >> 32n === mappedPrefix) return `::ffff:${formatQuad(value & 0xffff_ffffn)}`;
  const groups = Array.from({ length: 8 }, (_, index) => (value >> BigInt(112 - 16 * index)) & 0xffffn);
  const { start, length } = longestZeroRun(groups);
  const words = groups.map((group) => group.toString(16));
  if (length < 2) return words.join(':');
  return `${words.slice(0, start).join(':')}::${words.slice(start + length).join(':')}`;
}

/** An IPv4 address in the form of an IPv6 one becomes the IPv4 address that is meant; others stay what they are. */
export function unmapIpAddress(address: IpAddress): IpAddress {
  if (address.version === 4 || address.value >> 32n !== mappedPrefix) return address;
  return { version: 4, value: address.value & 0xffff_ffffn };
}

/**
 * `10.0.0.0/8`, `fd00::/8`, or one address alone. Null for what is no range, and for one with bits set behind its
 * prefix: `10.1.2.3/8` may have been meant as one address. Mapped IPv4 ranges become IPv4 ranges.
 */
export function parseAddressRange(text: string): AddressRange | null {
  const match = /^([0-9a-fA-F:.]+)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text);
  const address = parseIpAddress(match?.[1] ?? '');
  if (address === null) return null;
  const width = widthOf(address);
  const prefixBits = match?.[2] === undefined ? width : Number(match[2]);
  if (prefixBits > width) return null;
  if (address.value % (1n << BigInt(width - prefixBits)) !== 0n) return null;
  const first = prefixBits < 96 ? address : unmapIpAddress(address);
  return { first, prefixBits: first.version === address.version ? prefixBits : prefixBits - 96 };
}

/** IPv4 and IPv6 have nothing in common here: unmap an address first where that is meant. */
export function isInRange(address: IpAddress, { first, prefixBits }: AddressRange): boolean {
  if (address.version !== first.version) return false;
  const rest = BigInt(widthOf(address) - prefixBits);
  return address.value >> rest === first.value >> rest;
}

function widthOf({ version }: IpAddress): number {
  return version === 4 ? 32 : 128;
}

function parseQuad(text: string): IpAddress | null {
  if (!quadPattern.test(text)) return null;
  const numbers = text.split('.').map(Number);
  if (numbers.some((number) => number > 255)) return null;
  return { version: 4, value: numbers.reduce((value, number) => (value << 8n) | BigInt(number), 0n) };
}

function formatQuad(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
}

function parseIpv6(text: string): bigint | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = [halves[0] ?? '', halves[1]];
  const before = parseGroups(head, tail === undefined);
  const after = tail === undefined ? [] : parseGroups(tail, true);
  if (before === null || after === null) return null;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const zeros = Array.from({ length: missing }, () => 0n);
  return [...before, ...zeros, ...after].reduce((value, group) => (value << 16n) | group, 0n);
}

/** Groups of hexadecimal digits; where the address ends, a quad may stand for the last two. */
function parseGroups(text: string, isEnd: boolean): bigint[] | null {
  if (text === '') return [];
  const words = text.split(':');
  const quad = isEnd ? parseQuad(words.at(-1) ?? '') : null;
  if (quad !== null) words.pop();
  if (!words.every((word) => /^[0-9a-fA-F]{1,4}$/.test(word))) return null;
  const groups = words.map((word) => BigInt(`0x${word}`));
  return quad === null ? groups : [...groups, quad.value >> 16n, quad.value & 0xffffn];
}

/** The first of the longest. */
function longestZeroRun(groups: readonly bigint[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0n) start = index + 1;
    else if (index + 1 - start > longest.length) longest = { start, length: index + 1 - start };
  }
  return longest;
}
