import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { clientAddress } from './client-address.ts';

/** What the address depends on. */
function request(headers: Readonly<Record<string, string>>, remoteAddress: string | undefined = '192.0.2.1') {
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
}

test.each<readonly [string, Readonly<Record<string, string>>, string]>([
  ['without a word of a proxy', {}, '192.0.2.1'],
  ['X-Forwarded-For', { 'x-forwarded-for': '203.0.113.7' }, '203.0.113.7'],
  ['several in X-Forwarded-For', { 'x-forwarded-for': '203.0.113.7, 198.51.100.2' }, '203.0.113.7'],
  [
    'Forwarded before X-Forwarded-For',
    { forwarded: 'for=203.0.113.9', 'x-forwarded-for': '203.0.113.7' },
    '203.0.113.9',
  ],
  ['Forwarded with more', { forwarded: 'proto=https;For="203.0.113.9:4711", for=x' }, '203.0.113.9'],
  ['an IPv6 address in Forwarded', { forwarded: 'for="[2001:db8::1]:4711"' }, '2001:db8::1'],
  ['a hidden client', { forwarded: 'for=_hidden' }, '_hidden'],
  ['Forwarded without a client', { forwarded: 'proto=https' }, '192.0.2.1'],
  ['what cannot be an address', { 'x-forwarded-for': '"><script>' }, '192.0.2.1'],
])('behind a proxy that is believed: %s', (_, headers, expected) => {
  expect(clientAddress(request(headers), true)).toBe(expected);
});

test('what anybody can say is not believed otherwise', () => {
  expect(clientAddress(request({ 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' }), false)).toBe(
    '192.0.2.1',
  );
});

test('a client that is gone has no address', () => {
  const gone = { headers: {}, socket: {} } as unknown as IncomingMessage;
  expect(clientAddress(gone, false)).toBe('unknown');
});
