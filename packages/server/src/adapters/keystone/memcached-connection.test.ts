import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { openMemcachedConnection } from './memcached-connection.ts';

test('answers are understood in whatever pieces they come', async () => {
  const answers =
    'END\r\nVALUE k 0 7\r\nEND\r\nEN\r\nEND\r\nSTORED\r\nVALUE flagged 1 2\r\nab\r\nEND\r\nNOT_STORED\r\n';
  const server = createServer((socket) => {
    const rest = answers.split('');
    const answerOn = (): void => {
      const character = rest.shift();
      if (character === undefined) return;
      socket.write(character);
      setImmediate(answerOn);
    };
    socket.setNoDelay(true).once('data', answerOn);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = openMemcachedConnection({
    address: { host: '127.0.0.1', port },
    tls: null,
    patienceSeconds: 30,
    onEnd: () => undefined,
  });
  const value = Buffer.from('v');
  const outcomes = await Promise.all([
    connection.get('none'),
    connection.get('k'),
    connection.set('k', value, 1),
    connection.get('flagged'),
    connection.set('k', value, 1),
  ]);
  expect(outcomes).toEqual([null, Buffer.from('END\r\nEN'), true, null, false]);
  connection.close();
  await expect(connection.get('k')).rejects.toThrow('closed');
  server.close();
});
