import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { tokenOf } from './fake-keystone.testing.ts';
import { protectedEntries, readableEntries } from './memcached-protection.ts';
import { openMemcachedTokenCache } from './memcached-token-cache.ts';
import type { MemcachedOptions } from './memcached-token-cache.ts';
import type { TokenCache } from './token-cache.ts';
import { catalogOf, readToken } from './validated-token.ts';
import type { ValidatedToken } from './validated-token.ts';

/** A memcached as far as it is used here; `answers` replaces what it would answer. */
interface FakeMemcached {
  readonly name: string;
  readonly port: number;
  readonly values: Map<string, Buffer>;
  /** First lines of all requests. */
  readonly requests: string[];
  connections: number;
  readonly sockets: Set<Socket>;
  answer: ((line: string, socket: Socket) => boolean) | null;
  stop(): Promise<void>;
  restart(): Promise<void>;
}

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).toReversed()) await end();
});

async function startMemcached(): Promise<FakeMemcached> {
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const fake: FakeMemcached = {
    name: `127.0.0.1:${port}`,
    port,
    values: new Map(),
    requests: [],
    connections: 0,
    sockets: new Set(),
    answer: null,
    async stop() {
      if (!server.listening) return;
      for (const socket of fake.sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
    async restart() {
      server = await listen(port);
    },
  };
  ended.push(() => fake.stop());
  return fake;

  async function listen(at: number): Promise<Server> {
    const started = createServer((socket) => serve(fake, socket)).listen(at, '127.0.0.1');
    await once(started, 'listening');
    return started;
  }
}

function serve(fake: FakeMemcached, socket: Socket): void {
  fake.connections += 1;
  fake.sockets.add(socket);
  socket.on('error', () => undefined).on('close', () => fake.sockets.delete(socket));
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk;
    for (;;) {
      const end = received.indexOf('\r\n');
      if (end < 0) return;
      const line = received.slice(0, end);
      const [verb, key = '', , , length = '0'] = line.split(' ');
      const size = verb === 'set' ? end + 2 + Number(length) + 2 : end + 2;
      if (received.length < size) return;
      const data = Buffer.from(received.slice(end + 2, size - 2), 'latin1');
      received = received.slice(size);
      fake.requests.push(line);
      if (fake.answer?.(line, socket) === true) continue;
      if (verb === 'set') {
        fake.values.set(key, data);
        socket.write('STORED\r\n');
      } else {
        const value = fake.values.get(key);
        const found = value === undefined ? '' : `VALUE ${key} 0 ${value.length}\r\n${value.toString('latin1')}\r\n`;
        socket.write(`${found}END\r\n`, 'latin1');
      }
    }
  });
}

let now = 1_000_000;
const reports: string[] = [];

function open(servers: readonly FakeMemcached[], options: Partial<MemcachedOptions> = {}): TokenCache {
  reports.length = 0;
  const cache = openMemcachedTokenCache({
    servers: servers.map(({ name, port }) => ({ name, address: { host: '127.0.0.1', port } })),
    tls: null,
    patienceSeconds: 30,
    deadRetrySeconds: 300,
    keptSeconds: 77,
    protection: readableEntries,
    clock: { now: () => new Date(now), every: () => () => undefined },
    report: (server, error) => void reports.push(`${server}: ${error.message}`),
    ...options,
  });
  ended.push(() => cache.close());
  return cache;
}

function valueLine(token: string, bytes: number): string {
  return `VALUE ${readableEntries.key(token)} 0 ${bytes}\r\n`;
}

function validated(catalog: unknown = []): ValidatedToken {
  const token = readToken({ token: tokenOf({ catalog, user: { id: 'u1', name: 'Ünal' } }) });
  if (token === null) throw new Error('no token');
  return token;
}

describe('a token in memcached', () => {
  test.each([
    ['readable', readableEntries],
    ['signed', protectedEntries('MAC', 'sesame')],
    ['encrypted', protectedEntries('ENCRYPT', 'sesame')],
  ])('is found as it was kept, %s', async (_, protection) => {
    const memcached = await startMemcached();
    const cache = open([memcached], { protection });
    const token = validated([{ type: 'image', name: 'é'.repeat(50_000) }]);
    expect(await cache.find('t')).toBeNull();
    await cache.keep('t', token);
    expect(await cache.find('t')).toEqual(token);
    expect(await cache.find('u')).toBeNull();
    expect(memcached.requests[1]).toMatch(/^set tokens\/\S{24,64} 0 77 \d+$/);
  });

  test('is in the form of Keystone’s own filter when it is readable', async () => {
    const memcached = await startMemcached();
    const cache = open([memcached]);
    await cache.keep('gAAAA-token', validated());
    const [[key, value] = []] = memcached.values;
    expect(key).toBe('tokens/119a7ec1e1d2952f7853449fd77dad08fa982be12cff87d34cd7cb8d1aeb7351');
    expect(JSON.parse(String(value))).toHaveProperty('token.user.id', 'u1');
  });

  // What keystonemiddleware writes for the token gAAAA-token and the secret sesame.
  test.each([
    [
      'MAC',
      "b'McveIKI3yc8SlYLu37jkgA=='",
      'GztwwAqIrmTVnFQBn6f11nMC1AjwAgfjfYs/THG07ztBQk8wHdVnC0GT8nu25LyKeyJ0b2tlbiI6ICLDqSJ9',
    ],
    [
      'ENCRYPT',
      "b'DG/MQo4m9i35a2jOZ6ykNw=='",
      'H3doMKu/2WhDlZamrf0A/D+SQlUUjDqvaAp+4ngOwqd+MjD1rSzTTutLVF2Ec9H/AAECAwQFBgcICQoLDA0OD3bDDZy/qDQd3mrXOaoAjYM=',
    ],
  ] as const)('is in its form when it is protected by %s', (strategy, key, entry) => {
    const protection = protectedEntries(strategy, 'sesame');
    expect(protection.key('gAAAA-token')).toBe(`tokens/${key}`);
    expect(protection.unprotect('gAAAA-token', Buffer.from(entry))).toBe('{"token": "é"}');
    if (strategy === 'MAC') expect(protection.protect('gAAAA-token', '{"token": "é"}').toString()).toBe(entry);
  });

  test('that is too large is not kept', async () => {
    const memcached = await startMemcached();
    await open([memcached]).keep('t', validated('x'.repeat(2 * 1024 * 1024)));
    expect(memcached.requests).toEqual([]);
  });

  test('many at a time share a connection and are not mixed up', async () => {
    const memcached = await startMemcached();
    const cache = open([memcached]);
    const names = Array.from({ length: 50 }, (_, index) => `token-${index}`);
    await Promise.all(names.map((name) => cache.keep(name, validated(name))));
    const found = await Promise.all(names.map((name) => cache.find(name)));
    expect(found.map((each) => (each === null ? null : catalogOf(each)))).toEqual(names);
    expect(memcached.connections).toBe(1);
  });
});

describe('an entry counts as none', () => {
  test.each([
    ['no JSON', Buffer.from('{')],
    ['no token', Buffer.from('{"token": {}}')],
    ['empty', Buffer.from('')],
  ])('that is %s', async (_, value) => {
    const memcached = await startMemcached();
    memcached.values.set(readableEntries.key('t'), value);
    expect(await open([memcached]).find('t')).toBeNull();
    expect(reports).toEqual([]);
  });

  test.each(['MAC', 'ENCRYPT'] as const)(
    'that somebody has changed, or moved to another token: %s',
    async (strategy) => {
      const memcached = await startMemcached();
      const protection = protectedEntries(strategy, 'sesame');
      const cache = open([memcached], { protection });
      await cache.keep('t', validated());
      const entry = memcached.values.get(protection.key('t')) ?? Buffer.alloc(0);
      memcached.values.set(protection.key('u'), entry);
      const changed = Buffer.from(entry);
      changed[changed.length - 3] = (changed.at(-3) ?? 0) ^ 1;
      memcached.values.set(protection.key('t'), changed);
      expect([await cache.find('t'), await cache.find('u')]).toEqual([null, null]);
      expect(await open([memcached], { protection: protectedEntries(strategy, 'other') }).find('t')).toBeNull();
    },
  );
});

describe('a server that fails is a token that is not there, and is left alone for a while', () => {
  test.each([
    ['talks nonsense', (socket: Socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['does not know the command', (socket: Socket) => void socket.write('ERROR\r\n')],
    ['sends a line without an end', (socket: Socket) => void socket.write('x'.repeat(5000))],
    ['sends a value without its end', (socket: Socket) => void socket.write(`${valueLine('t', 1)}abcdefghijk`)],
    ['sends a value without bounds', (socket: Socket) => void socket.write(valueLine('t', 10 ** 9))],
    [
      'answers with what belongs to another token',
      (socket: Socket) => {
        const value = validated().document;
        socket.write(`${valueLine('u', Buffer.byteLength(value))}${value}\r\nEND\r\n`);
      },
    ],
    ['ends the connection', (socket: Socket) => void socket.destroy()],
    ['sends nothing', () => undefined],
  ])('it %s', async (what, act) => {
    const memcached = await startMemcached();
    memcached.answer = (__, socket) => (act(socket), true);
    const cache = open([memcached], { patienceSeconds: what === 'sends nothing' ? 2 : 30 });
    expect(await cache.find('t')).toBeNull();
    expect(reports).toEqual([expect.stringContaining(`${memcached.name}: `)]);
    memcached.answer = null;
    await cache.keep('t', validated());
    expect(memcached.requests).toHaveLength(1);
    now += 301_000;
    await cache.keep('t', validated());
    expect(await cache.find('t')).not.toBeNull();
  });

  test('it is not there', async () => {
    const memcached = await startMemcached();
    await memcached.stop();
    const cache = open([memcached]);
    expect(await Promise.all([cache.find('t'), cache.find('u'), cache.keep('t', validated())])).toEqual([
      null,
      null,
      undefined,
    ]);
    expect(reports).toHaveLength(1);
  });

  test('but one that was only started again is used at once', async () => {
    const memcached = await startMemcached();
    const cache = open([memcached]);
    await cache.keep('t', validated());
    await memcached.stop();
    await memcached.restart();
    expect(await cache.find('t')).not.toBeNull();
    expect(reports).toEqual([]);
  });

  test('one that says that it cannot store is well', async () => {
    const memcached = await startMemcached();
    memcached.answer = (line, socket) => line.startsWith('set') && socket.write('SERVER_ERROR out of memory\r\n');
    const cache = open([memcached]);
    await cache.keep('t', validated());
    expect(await cache.find('t')).toBeNull();
    expect(reports).toEqual([]);
  });

  test('and the tokens of one of several are kept by the others', async () => {
    const servers = [await startMemcached(), await startMemcached(), await startMemcached()];
    const cache = open(servers);
    const names = Array.from({ length: 60 }, (_, index) => `token-${index}`);
    await Promise.all(names.map((name) => cache.keep(name, validated())));
    const sizes = servers.map(({ values }) => values.size);
    expect([Math.min(...sizes) > 2, sizes.reduce((sum, size) => sum + size)]).toEqual([true, 60]);
    await servers[0]?.stop();
    const found = await Promise.all(names.map((name) => cache.find(name)));
    expect(found.filter((each) => each !== null)).toHaveLength(60 - (sizes[0] ?? 0));
    for (const name of names) await cache.keep(name, validated());
    expect((await Promise.all(names.map((name) => cache.find(name)))).every((each) => each !== null)).toBe(true);
  });
});
