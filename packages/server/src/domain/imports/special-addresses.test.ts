import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpAddress, parseIpAddress } from '../../lib/ip-addresses.ts';
import { connectableAddress, parseAddressRanges, refusalOfAddress, specialRanges } from './special-addresses.ts';

function refusalOf(text: string, allowed: readonly string[] = []): string | null {
  const address = parseIpAddress(text);
  if (address === null) throw new Error(`${text} is no address.`);
  return refusalOfAddress(address, parseAddressRanges(allowed));
}

describe('public addresses may be connected to', () => {
  test.each(
    [
      ['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
      ['128.0.0.0', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255'],
      ['192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255', '168.63.129.17', '93.184.216.34'],
      ['2000::1', '2001:200::1', '2606:2800:220:1::1', '2a00:1450:4001:81b::200e', '3ffe::1'],
      ['::ffff:8.8.8.8', '64:ff9b::8.8.8.8'],
    ].flat(),
  )('%s', (text) => {
    expect(refusalOf(text)).toBe(null);
  });
});

describe('every other address is refused', () => {
  test.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'of this network'],
    ['10.0.0.1', 'private'],
    ['100.64.0.1', 'of the shared space of carriers'],
    ['100.100.100.200', 'of the shared space of carriers'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.169.254', 'link-local'],
    ['168.63.129.16', 'of a cloud platform'],
    ['172.31.255.255', 'private'],
    ['192.168.0.1', 'private'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::2', 'IPv4-compatible'],
    ['::8.8.8.8', 'IPv4-compatible'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:0:127.0.0.1', 'IPv4-translated'],
    ['64:ff9b::127.0.0.1', 'loopback'],
    ['64:ff9b::169.254.169.254', 'link-local'],
    ['64:ff9b:1::1', 'for local translation'],
    ['100::1', 'discard-only'],
    ['2001::1', 'a Teredo tunnel'],
    ['2001:db8::1', 'for documentation'],
    ['2002:808:808::1', 'a 6to4 tunnel'],
    ['2600::5efe:10.0.0.1', 'private'],
    ['2600::200:5efe:127.0.0.1', 'loopback'],
    ['3fff::1', 'for documentation'],
    ['fd00:ec2::254', 'private'],
    ['fe80::1', 'link-local'],
    ['fec0::1', 'site-local'],
    ['ff02::1', 'multicast'],
    ['4000::1', 'reserved'],
    ['200::1', 'reserved'],
    ['fbff::1', 'reserved'],
  ])('%s is %s', (text, purpose) => {
    expect(refusalOf(text)).toBe(purpose);
  });

  test('as Node tells from the same ranges', () => {
    const list = new BlockList();
    for (const [range] of specialRanges) {
      const [base = '', bits] = range.split('/');
      list.addSubnet(base, Number(bits), base.includes(':') ? 'ipv6' : 'ipv4');
    }
    const nearIpv4 = fc
      .tuple(
        fc.constantFrom(...specialRanges.filter(([range]) => !range.includes(':'))),
        fc.integer({ min: -2, max: 70_000 }),
      )
      .map(([[range], step]) => {
        const base = parseIpAddress(range.split('/')[0] ?? '');
        const value = BigInt.asUintN(32, (base?.value ?? 0n) + BigInt(step));
        return formatIpAddress({ version: 4, value });
      });
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), nearIpv4), (text) => {
        expect(refusalOf(text) !== null).toBe(list.check(text, 'ipv4'));
        expect(refusalOf(`::ffff:${text}`)).toBe(refusalOf(text));
        expect(refusalOf(`64:ff9b::${text}`)).toBe(refusalOf(text));
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        fc.pre(!/5efe/i.test(text) && refusalOf(text) === null);
        expect(list.check(text, 'ipv6')).toBe(false);
      }),
    );
  });

  test.each(specialRanges.map(([range]) => range))('%s from its first address to its last', (range) => {
    const [base = '', bits = ''] = range.split('/');
    const first = parseIpAddress(base);
    if (first === null) throw new Error('no address');
    const width = first.version === 4 ? 32 : 128;
    const last = { ...first, value: first.value + (1n << BigInt(width - Number(bits))) - 1n };
    expect(refusalOfAddress(first, [])).not.toBe(null);
    expect(refusalOfAddress(last, [])).not.toBe(null);
  });
});

describe('a range the operator allows', () => {
  test.each([
    ['127.0.0.1', ['127.0.0.0/8'], true],
    ['127.0.0.1', ['10.0.0.0/8'], false],
    ['::ffff:127.0.0.1', ['127.0.0.0/8'], true],
    ['::ffff:127.0.0.1', ['::/0'], false],
    ['::1', ['::1'], true],
    ['fd00::1', ['fd00::/8'], true],
    ['fd00::5efe:10.0.0.1', ['fd00::/8'], false],
    ['fd00::5efe:10.0.0.1', ['fd00::/8', '10.0.0.0/8'], true],
    ['64:ff9b::10.0.0.1', ['64:ff9b::/96'], false],
    ['64:ff9b::10.0.0.1', ['10.0.0.0/8'], true],
    ['2002:a00:1::1', ['2002::/16'], false],
    ['2002:a00:1::1', ['2002::/16', '10.0.0.0/8'], true],
    ['2002:808:808::1', ['2002::/16'], true],
    // Teredo: the server is 192.168.0.1; the client, turned over, is 127.0.0.1.
    ['2001:0:c0a8:1::80ff:fffe', ['2001::/32'], false],
    ['2001:0:c0a8:1::80ff:fffe', ['2001::/32', '192.168.0.0/16'], false],
    ['2001:0:c0a8:1::80ff:fffe', ['2001::/32', '192.168.0.0/16', '127.0.0.0/8'], true],
    // The octet in the middle is always 0: 10.1 stands before it, 2.3 behind it.
    ['64:ff9b:1:a01:2:300::', ['64:ff9b:1::/48'], false],
    ['64:ff9b:1:a01:2:300::', ['64:ff9b:1::/48', '10.1.2.3'], true],
    ['::10.0.0.1', ['::/96'], false],
    ['4000::1', ['4000::/3'], true],
  ])('%s with %j allowed: %s', (text, allowed, isAllowed) => {
    expect(refusalOf(text, allowed) === null).toBe(isAllowed);
  });

  test('that is none is named', () => {
    expect(() => parseAddressRanges(['10.0.0.0/8', 'intranet'])).toThrow(/intranet/);
  });
});

test('a connection goes to the IPv4 address that is meant', () => {
  const address = parseIpAddress('::ffff:8.8.4.4');
  expect(address === null ? null : connectableAddress(address)).toBe('8.8.4.4');
});
