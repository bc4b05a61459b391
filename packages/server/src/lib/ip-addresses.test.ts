import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpAddress, isInRange, parseAddressRange, parseIpAddress, unmapIpAddress } from './ip-addresses.ts';

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6();

describe('an address', () => {
  test.each([
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
    ['::ffff:7f00:1', '::ffff:127.0.0.1'],
    ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('%s is written %s', (text, written) => {
    const address = parseIpAddress(text);
    expect(address === null ? null : formatIpAddress(address)).toBe(written);
  });

  test.each(
    [
      ['', '.', '1', '2130706433', '127.1', '1.2.3', '1.2.3.4.', '.1.2.3.4', '1.2.3.4.5', '256.1.1.1', '1.2.3.999'],
      ['01.2.3.4', '0177.0.0.1', '0x7f.0.0.1', '1.2.3.4 ', ' 1.2.3.4', '1.2.3.-4', '1.2.3.4/32', '١.2.3.4', '1..2.3'],
      [':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '::1:2:3:4:5:6:7:8'],
      ['g::', '12345::', '::1%eth0', '[::1]', '::1.2.3', '1.2.3.4::', '::1.2.3.4:5', '::01.2.3.4', ':1::2', '1:2:'],
    ].flat(),
  )('%j is none', (text) => {
    expect(parseIpAddress(text)).toBe(null);
  });

  test('is read as Node reads it, and survives being written', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (text) => {
        const address = parseIpAddress(text);
        expect(address?.version).toBe(isIP(text));
        if (address !== null) expect(parseIpAddress(formatIpAddress(address))).toEqual(address);
      }),
    );
  });

  test('is one to Node if it is one here', () => {
    const almost = fc.stringMatching(/^[0-9a-fx.:]{0,20}$/);
    fc.assert(
      fc.property(almost, (text) => parseIpAddress(text) === null || isIP(text) > 0),
      { numRuns: 2000 },
    );
  });

  test('in IPv6 clothes is the IPv4 address', () => {
    fc.assert(
      fc.property(ipv4, (text) => {
        const mapped = parseIpAddress(`::ffff:${text}`);
        expect(mapped === null ? null : unmapIpAddress(mapped)).toEqual(parseIpAddress(text));
      }),
    );
  });
});

describe('a range', () => {
  test.each(
    [
      ['10.0.0.0/33', '10.1.2.3/8', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0.0/255.0.0.0'],
      ['::/129', 'fd00::1/8', '/8', '', 'private', '10/8', '::ffff:10.0.0.1/104'],
    ].flat(),
  )('is not %j', (text) => {
    expect(parseAddressRange(text)).toBe(null);
  });

  test.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '1.2.3.4', false],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['fd00::/8', 'fdff::1', true],
    ['fd00::/8', 'fc00::1', false],
    ['::ffff:10.0.0.0/104', '10.9.9.9', true],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
  ])('%s contains %s: %s', (rangeText, text, contained) => {
    const [range, address] = [parseAddressRange(rangeText), parseIpAddress(text)];
    expect(range !== null && address !== null && isInRange(address, range)).toBe(contained);
  });

  test('contains what Node says it contains', () => {
    const cases = fc.oneof(
      fc.record({ base: ipv4, other: ipv4, bits: fc.integer({ min: 0, max: 32 }), isNear: fc.boolean() }),
      fc.record({ base: ipv6, other: ipv6, bits: fc.integer({ min: 0, max: 128 }), isNear: fc.boolean() }),
    );
    fc.assert(
      fc.property(cases, ({ base, other, bits, isNear }) => {
        const [first, second] = [parseIpAddress(base), parseIpAddress(other)];
        if (first === null || second === null) throw new Error('The generator made no address.');
        const shift = BigInt((first.version === 4 ? 32 : 128) - bits);
        const prefix = (first.value >> shift) << shift;
        const start = formatIpAddress({ version: first.version, value: prefix });
        // Mapped ranges are ours alone.
        fc.pre(!start.startsWith('::ffff:'));
        const value = isNear ? prefix | BigInt.asUintN(Number(shift), second.value) : second.value;
        const tried = { version: first.version, value };
        fc.pre(!formatIpAddress(tried).startsWith('::ffff:'));
        const family = first.version === 4 ? 'ipv4' : 'ipv6';
        const list = new BlockList();
        list.addSubnet(start, bits, family);
        const range = parseAddressRange(`${start}/${bits}`);
        expect(range !== null && isInRange(tried, range)).toBe(list.check(formatIpAddress(tried), family));
      }),
      { numRuns: 500 },
    );
  });
});
