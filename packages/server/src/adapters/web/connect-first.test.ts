import { createServer, Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectFirst } from './connect-first.ts';
import type { Network } from './network.ts';

const server = createServer((socket) => socket.on('error', () => undefined));
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => server.close());

/** Addresses that begin with `silent` never answer, those with `deaf` refuse, the others are there. */
function network(): Network & { readonly sockets: Map<string, Socket> } {
  const sockets = new Map<string, Socket>();
  return {
    sockets,
    resolve: () => Promise.resolve([]),
    connect(address) {
      const { port } = server.address() as AddressInfo;
      const isDeaf = address.startsWith('deaf');
      const socket = address.startsWith('silent')
        ? new Socket()
        : connect({ host: '127.0.0.1', port: isDeaf ? 1 : port });
      sockets.set(address, socket);
      return socket;
    },
  };
}

const { signal } = new AbortController();

describe('of several addresses', () => {
  test.each([
    [['there 1', 'there 2'], 'there 1', 1],
    [['deaf 1', 'there 1', 'there 2'], 'there 1', 2],
    [['silent 1', 'there 1'], 'there 1', 2],
    [['silent 1', 'deaf 1', 'there 1'], 'there 1', 3],
  ])('%j the one that answers first is taken: %s', async (addresses, taken, tried) => {
    const tries = network();
    const socket = await connectFirst(tries, { addresses, port: 80 }, signal);
    expect(tries.sockets.get(taken)).toBe(socket);
    expect(tries.sockets.size).toBe(tried);
    for (const [address, each] of tries.sockets) expect(each.destroyed).toBe(address !== taken);
    socket.destroy();
  });

  test('none that answers raises what the first one said', async () => {
    const connecting = connectFirst(network(), { addresses: ['deaf 1', 'deaf 2'], port: 80 }, signal);
    await expect(connecting).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('none is left open when the wait is aborted', async () => {
    const tries = network();
    const abortion = new AbortController();
    const reason = new Error('enough');
    const connecting = connectFirst(tries, { addresses: ['silent 1', 'silent 2'], port: 80 }, abortion.signal);
    await expect.poll(() => tries.sockets.size).toBe(2);
    abortion.abort(reason);
    await expect(connecting).rejects.toBe(reason);
    for (const each of tries.sockets.values()) expect(each.destroyed).toBe(true);
  });

  test('a hundred are not all tried', async () => {
    const tries = network();
    const addresses = Array.from({ length: 100 }, (_, index) => `deaf ${index}`);
    await expect(connectFirst(tries, { addresses, port: 80 }, signal)).rejects.toThrow();
    expect(tries.sockets.size).toBe(8);
  });
});
