/**
 * URLs that try to make the service connect to what is inside. A canary listens on 127.0.0.1, and everything a
 * connection may be begun to leads to it: it must not see any.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isImageServiceError } from '../../domain/errors.ts';
import { specialRanges } from '../../domain/imports/special-addresses.ts';
import { formatIpAddress, parseIpAddress } from '../../lib/ip-addresses.ts';
import type { IpAddress } from '../../lib/ip-addresses.ts';
import { openHttpStore } from '../stores/http/http-store.ts';
import { hostNetwork } from './network.ts';
import { openTestNetwork } from './test-network.testing.ts';
import type { TestNetwork } from './test-network.testing.ts';
import { openWebClient } from './web-client.ts';
import type { WebClientOptions } from './web-client.ts';
import { openWebSource } from './web-source.ts';

const options: Omit<WebClientOptions, 'proxies' | 'redirectStatuses'> = {
  filter: null,
  allowedHosts: [],
  allowedAddressRanges: [],
  caFile: null,
  insecure: false,
  idleTimeoutSeconds: 2,
  connectTimeoutSeconds: 2,
  maxRedirects: 5,
};
const filter = {
  allowedSchemes: [],
  disallowedSchemes: [],
  allowedHosts: [],
  disallowedHosts: [],
  allowedPorts: [],
  disallowedPorts: [],
};

let seen = 0;
let port = 0;
const canary = createServer((request, response) => {
  const target = /^\/to\?(.*)$/.exec(request.url ?? '')?.[1];
  response.writeHead(
    target === undefined ? 200 : 302,
    target === undefined ? {} : { location: decodeURIComponent(target) },
  );
  response.end('seen');
});
canary.on('connection', () => seen++);
beforeAll(async () => {
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
  port = (canary.address() as AddressInfo).port;
});
afterAll(() => canary.close());

/** Names as an attacker's name server would answer, with and without a dot at the end. */
function attackersNetwork(): TestNetwork {
  const network = openTestNetwork({ port });
  const answers: Readonly<Record<string, readonly (readonly string[])[]>> = {
    'public.example': [['93.184.216.34']],
    'inside.example': [['127.0.0.1']],
    'inside6.example': [['::1']],
    'mapped.example': [['::ffff:127.0.0.1']],
    'metadata.example': [['169.254.169.254']],
    'zone.example': [['fe80::1%lo']],
    'both.example': [['10.0.0.1', '::1', 'fd00::1']],
    'rebinding.example': [['93.184.216.34'], ['127.0.0.1']],
    localhost: [['127.0.0.1', '::1']],
    'localhost.localdomain': [['127.0.0.1']],
    'a.localhost': [['127.0.0.1']],
    'ip6-localhost': [['::1']],
    'metadata.google.internal': [['169.254.169.254']],
    'kubernetes.default.svc': [['10.96.0.1']],
    'host.docker.internal': [['192.168.65.2']],
  };
  for (const [name, answer] of Object.entries(answers)) {
    network.names.set(name, answer);
    network.names.set(`${name}.`, answer);
  }
  return network;
}

/** First, middle and last address of each special range. */
const specialAddresses = specialRanges.flatMap(([range]) => {
  const [base = '', bits = ''] = range.split('/');
  const first = parseIpAddress(base);
  if (first === null) throw new Error(`${range} has no address.`);
  const size = 1n << BigInt((first.version === 4 ? 32 : 128) - Number(bits));
  const values = [...new Set([0n, size / 2n, size - 1n])].map((step) => first.value + step);
  return values.map((value): IpAddress => ({ version: first.version, value }));
});
const quads = specialAddresses.filter(({ version }) => version === 4).map(formatIpAddress);
const words = (quad: string) => {
  const value = parseIpAddress(quad)?.value ?? 0n;
  return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
};

const literals = [
  ...quads,
  ...specialAddresses.filter(({ version }) => version === 6).map((address) => `[${formatIpAddress(address)}]`),
  ...quads.map((quad) => `[::ffff:${quad}]`),
  ...quads.map((quad) => `[0:0:0:0:0:ffff:${words(quad)}]`),
  ...quads.map((quad) => `[::${words(quad)}]`),
  ...quads.map((quad) => `[::ffff:0:${quad}]`),
  ...quads.map((quad) => `[64:ff9b::${quad}]`),
  ...quads.map((quad) => `[2002:${words(quad)}::1]`),
  ...quads.map((quad) => `[2606:2800:220:1:0:5efe:${words(quad)}]`),
];

const disguises = [
  [
    '2130706433',
    '017700000001',
    '0x7f000001',
    '0x7F000001',
    '0x7f.0x0.0x0.0x1',
    '0x7f.1',
    '0x7f.0.1',
    '127.1',
    '127.0.1',
  ],
  [
    '0177.0.0.1',
    '0177.0.0.01',
    '00000177.0.0.1',
    '127.0.0.01',
    '127.0.0.1.',
    '127.00.0.1',
    '0',
    '0x0',
    '00',
    '0.0',
    '1',
  ],
  [
    '127.0.0.1%00',
    '127.0.0.1%2e',
    '127%2e0%2e0%2e1',
    '%31%32%37.0.0.1',
    '%6c%6f%63alhost',
    '①②⑦.⓪.⓪.①',
    '127。0。0。1',
  ],
  [
    '１２７.0.0.1',
    '١٢٧.0.0.1',
    'ⓛocalhost',
    'loc\u00adalhost',
    'localhost\u3002',
    '4294967297',
    '6425673729',
    '256.256.256.256',
  ],
  [
    '[127.0.0.1]',
    '[::1%25lo]',
    '[::1%lo]',
    '[::1.]',
    '[0::1]',
    '[0000:0000:0000:0000:0000:0000:0000:0001]',
    '[::]',
    '[::0]',
  ],
  [
    '[::ffff:7f00:1]',
    '[::ffff:0x7f.0.0.1]',
    '[v1.127.0.0.1]',
    '[0:0:0:0:0:0:127.0.0.1]',
    '::1',
    '[[::1]]',
    '2852039166',
  ],
  ['0xA9FEA9FE', '0251.0376.0251.0376', '169.254.43518', '169.16689662', '[::ffff:a9fe:a9fe]', '[fd00:ec2::254]'],
].flat();

const names = [
  ['inside.example', 'INSIDE.example', 'inside.example.', 'inside6.example', 'mapped.example', 'metadata.example'],
  ['zone.example', 'both.example', 'localhost', 'LOCALHOST', 'localhost.', 'localhost.localdomain', 'a.localhost'],
  ['ip6-localhost', 'metadata.google.internal', 'kubernetes.default.svc', 'host.docker.internal', 'nobody.example'],
].flat();

/** PORT is that of the canary. */
const tricks = [
  ['http://public.example@127.0.0.1:PORT/', 'http://public.example:80@127.0.0.1:PORT/', 'http://a:b@localhost:PORT/'],
  [
    'http://public.example%40127.0.0.1:PORT/',
    'http://127.0.0.1:PORT\\@public.example/',
    'http://public.example\\@127.0.0.1/',
  ],
  [
    'http://127.0.0.1:PORT#@public.example/',
    'http://127.0.0.1:PORT?@public.example/',
    'http://127.0.0.1:PORT;@inside.example/',
  ],
  [
    'http:127.0.0.1:PORT',
    'http:/127.0.0.1:PORT/',
    'http:///127.0.0.1:PORT/',
    'http:////127.0.0.1:PORT/',
    'http:\\\\127.0.0.1:PORT\\',
  ],
  [
    '//127.0.0.1:PORT/',
    '127.0.0.1:PORT',
    '\thttp://127.0.0.1:PORT/',
    ' http://127.0.0.1:PORT/',
    'h\nttp://127.0.0.1:PORT/',
  ],
  [
    'http://127.0.0.1:PORT/\r\nX: y',
    'http://public.example\r\n@127.0.0.1:PORT/',
    'http://public.example:80\r\n/',
    'http://\u0000127.0.0.1/',
  ],
  [
    'http://public.example/ HTTP/1.1\r\nHost: x\r\n\r\nGET /',
    'http://public.example%0d%0a/',
    'http://public.example:0/',
    'http://a b/',
  ],
  [
    'http://public.example:65536/',
    'http://public.example:PORT:80/',
    'http://public.example:-1/',
    'http://public.example,127.0.0.1/',
  ],
  [
    'http://127.0.0.1 public.example/',
    'http://[::1]:PORT@public.example:x/',
    'http://[::1/',
    'http://]/',
    'http://',
    'http://:PORT/',
    '',
  ],
  [
    'file:///etc/passwd',
    'file://127.0.0.1/etc/passwd',
    'ftp://127.0.0.1:PORT/',
    'gopher://127.0.0.1:PORT/_GET',
    'dict://127.0.0.1:PORT/',
  ],
  [
    'ldap://127.0.0.1:PORT/',
    'jar:http://127.0.0.1:PORT/!/',
    'data:text/plain,x',
    'javascript:x',
    'ws://127.0.0.1:PORT/',
    'http+unix://%2ftmp/x',
  ],
  [
    'unix:///var/run/docker.sock',
    'netdoc:///etc/passwd',
    'url:http://127.0.0.1:PORT/',
    'view-source:http://127.0.0.1:PORT/',
    'https:127.0.0.1',
  ],
].flat();

const corpus = [
  ...[...literals, ...disguises, ...names].flatMap((host) => [`http://${host}:PORT/`, `https://${host}/`]),
  ...tricks,
];

/** What the outcome was: the code of a refusal, or that data came. */
async function outcomeOf(fetching: Promise<unknown>): Promise<string> {
  try {
    await fetching;
    return 'fetched';
  } catch (error) {
    if (isImageServiceError(error)) return error.code;
    throw error;
  }
}

type Outcome = readonly [url: string, outcome: string];

function isNoRefusal([, outcome]: Outcome): boolean {
  return !['badRequest', 'unavailable', 'notFound'].includes(outcome);
}

const noProxies: ReadonlyMap<string, string> = new Map();

function storeOn(network: TestNetwork) {
  return openHttpStore(openWebClient({ ...options, proxies: noProxies, redirectStatuses: [301, 302] }, network));
}

test('the corpus is large', () => {
  expect(new Set(corpus).size).toBeGreaterThan(150);
});

describe('nothing inside is reached', () => {
  test.each([
    ['an import', filter, null],
    ['a source without a filter', null, null],
    ['an import through a proxy', filter, 'http://10.0.0.1:3128'],
  ])('by %s, whatever the URL', async (_what, uriFilter, proxy) => {
    const network = attackersNetwork();
    const source = openWebSource({ ...options, filter: uriFilter, proxy }, network);
    const outcomes: Outcome[] = [];
    seen = 0;
    for (const url of corpus.map((each) => each.replaceAll('PORT', String(port)))) {
      // A name that we do not know is the proxy's to judge.
      if (proxy !== null && url.includes('nobody.example')) continue;
      outcomes.push([url, await outcomeOf(source.open({ url }))]);
    }
    expect(outcomes.filter(isNoRefusal)).toEqual([]);
    expect(network.connections).toEqual([]);
    expect(seen).toBe(0);
  });

  test('by the store of web servers, whatever the URL', async () => {
    const network = attackersNetwork();
    const store = storeOn(network);
    const outcomes: Outcome[] = [];
    seen = 0;
    for (const url of corpus.map((each) => each.replaceAll('PORT', String(port)))) {
      for (const ask of [store.sizeOf, store.read]) outcomes.push([url, await outcomeOf(ask(url))]);
    }
    expect(outcomes.filter(isNoRefusal)).toEqual([]);
    expect(network.connections).toEqual([]);
    expect(seen).toBe(0);
  });

  test('on the real network either', async () => {
    const source = openWebSource({ ...options, filter, proxy: null }, hostNetwork);
    seen = 0;
    const hosts = [...disguises, '127.0.0.1', '[::ffff:127.0.0.1]', '0.0.0.0', '127.9.9.9'];
    for (const host of hosts) await outcomeOf(source.open({ url: `http://${host}:${port}/` }));
    expect(seen).toBe(0);
  });
});

describe('a public server that redirects', () => {
  test('leads nowhere inside, whatever it names', async () => {
    const network = attackersNetwork();
    const source = openWebSource({ ...options, filter, proxy: null }, network);
    const targets = corpus
      .map((each) => each.replaceAll('PORT', String(port)))
      // What is relative, or no header at all, leads nowhere else.
      .filter((url) => /^(?:[a-z]+:|\/\/)/.test(url) && !/[^\x20-\xff]/.test(url));
    const outcomes: Outcome[] = [];
    seen = 0;
    for (const target of targets) {
      const url = `http://public.example/to?${encodeURIComponent(target)}`;
      outcomes.push([target, await outcomeOf(source.open({ url }))]);
    }
    expect(outcomes.filter(isNoRefusal)).toEqual([]);
    expect(targets.length).toBeGreaterThan(150);
    expect(network.connections).toEqual(targets.map(() => '93.184.216.34:80'));
    expect(seen).toBe(targets.length);
  });

  test.each(['/', '//rebinding.example/', 'http://rebinding.example/x'])(
    'to its own name once that means something inside is not followed to %s',
    async (target) => {
      const url = `http://rebinding.example/to?${encodeURIComponent(target)}`;
      const sourceNetwork = attackersNetwork();
      const source = openWebSource({ ...options, filter, proxy: null }, sourceNetwork);
      expect(await outcomeOf(source.open({ url }))).toBe('badRequest');
      const storeNetwork = attackersNetwork();
      expect(await outcomeOf(storeOn(storeNetwork).read(url))).toBe('badRequest');
      for (const { connections } of [sourceNetwork, storeNetwork]) expect(connections).toEqual(['93.184.216.34:80']);
    },
  );
});

describe('what the operator allows is reached', () => {
  test.each([
    ['by range', { allowedAddressRanges: ['127.0.0.0/8'] }, 'http://127.0.0.1:PORT/'],
    ['by range, in IPv6 clothes', { allowedAddressRanges: ['127.0.0.0/8'] }, 'http://[::ffff:127.0.0.1]:PORT/'],
    ['by range, behind a name', { allowedAddressRanges: ['127.0.0.1'] }, 'http://inside.example:PORT/'],
    ['by name', { allowedHosts: ['inside.example'] }, 'http://inside.example:PORT/'],
    ['by address', { allowedHosts: ['127.0.0.1'] }, 'http://127.0.0.1:PORT/'],
  ])('%s', async (_how, allowance, url) => {
    seen = 0;
    const source = openWebSource({ ...options, filter, proxy: null, ...allowance }, attackersNetwork());
    expect(await outcomeOf(source.open({ url: url.replace('PORT', String(port)) }).then((data) => data.close()))).toBe(
      'fetched',
    );
    expect(seen).toBe(1);
  });

  test.each([
    ['another range', { allowedAddressRanges: ['10.0.0.0/8'] }, 'http://127.0.0.1:PORT/'],
    ['another name of the same address', { allowedHosts: ['inside.example'] }, 'http://127.0.0.1:PORT/'],
    ['the address, not its name', { allowedHosts: ['127.0.0.1'] }, 'http://inside.example:PORT/'],
  ])('but not by %s', async (_how, allowance, url) => {
    seen = 0;
    const source = openWebSource({ ...options, filter, proxy: null, ...allowance }, attackersNetwork());
    expect(await outcomeOf(source.open({ url: url.replace('PORT', String(port)) }))).toBe('badRequest');
    expect(seen).toBe(0);
  });
});
