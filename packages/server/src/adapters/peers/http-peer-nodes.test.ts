import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isImageServiceError } from '../../domain/errors.ts';
import type { PeerCall } from '../../ports/peer-nodes.ts';
import { httpPeerNodes } from './http-peer-nodes.ts';

const call: PeerCall = { method: 'POST', path: '/v2/images/i/import', headers: {}, body: '{}', wasPassedOn: false };
const nodes = httpPeerNodes({ passedOnHeader: 'x-passed-on', timeoutSeconds: 0.2 });

let server: Server;
let url: string;
let behave: RequestListener;
beforeAll(async () => {
  server = createServer((request, response) => behave(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function failureOf(nodeUrl: string, asked: PeerCall = call): Promise<readonly [string, string]> {
  try {
    await nodes.passOn(nodeUrl, asked);
    return ['none', ''];
  } catch (error) {
    return isImageServiceError(error) ? [error.code, error.message] : ['unknown', String(error)];
  }
}

describe('Another node', () => {
  test.each([200, 202, 204])('that answers %d has done what was asked', async (status) => {
    behave = (_, response) => void response.writeHead(status).end();
    expect(await failureOf(`${url}/`)).toEqual(['none', '']);
  });

  test('below a path of its own is asked there, a deletion without a body', async () => {
    const seen: unknown[] = [];
    behave = (request, response) => {
      seen.push([request.method, request.url, request.headers['content-type'], request.headers['x-passed-on']]);
      response.end();
    };
    await nodes.passOn(`${url}/image/`, { ...call, method: 'DELETE', path: '/v2/images/i', body: null });
    expect(seen).toEqual([['DELETE', '/image/v2/images/i', undefined, '1']]);
  });

  test.each<readonly [string, string, RequestListener]>([
    ['keeps silent', 'gatewayTimeout', () => undefined],
    ['stops in its answer', 'gatewayTimeout', (_, response) => void response.writeHead(202).write('x')],
    ['closes the connection', 'gatewayTimeout', (request) => void request.socket.destroy()],
    ['speaks something else', 'badGateway', (request) => void request.socket.end('220 mail\r\n')],
    ['answers what no node does', 'badGateway', (_, response) => void response.writeHead(418).end()],
    ['sends somebody elsewhere', 'badGateway', (_, response) => void response.writeHead(307, { location: '/' }).end()],
    ['does not let the caller in', 'unauthorized', (_, response) => void response.writeHead(401).end()],
    ['is overloaded', 'unavailable', (_, response) => void response.writeHead(503).end('<html>')],
  ])('that %s is told of as %s', async (_, code, behaviour) => {
    behave = behaviour;
    expect((await failureOf(url))[0]).toBe(code);
  });

  test.each([
    ['cannot be found', 'http://node.invalid', 'gatewayTimeout'],
    // A port that browsers do not open; a node may listen there.
    ['does not listen', 'http://127.0.0.1:1', 'gatewayTimeout'],
    ['has an URL that is none', 'node-1', 'badGateway'],
  ])('that %s is told of', async (_, nodeUrl, code) => {
    expect((await failureOf(nodeUrl))[0]).toBe(code);
  });

  test.each([
    [JSON.stringify({ message: 'Locked by "x".<br /><br />\n\n' }), 'Locked by "x".'],
    [JSON.stringify({ message: 'y'.repeat(10_000) }), 'y'.repeat(2000)],
    [JSON.stringify({ message: '' }), 'The node that has the staged data answered 409.'],
    [JSON.stringify({ message: 7 }), 'The node that has the staged data answered 409.'],
    [JSON.stringify(['x']), 'The node that has the staged data answered 409.'],
    ['x'.repeat(200_000), 'The node that has the staged data answered 409.'],
    ['', 'The node that has the staged data answered 409.'],
  ])('is quoted, as far as it says something: %#', async (document, message) => {
    behave = (_, response) => void response.writeHead(409).end(document);
    expect(await failureOf(url)).toEqual(['conflict', message]);
  });

  test('is not asked what another one passed on already', async () => {
    behave = () => expect.unreachable();
    expect((await failureOf(url, { ...call, wasPassedOn: true }))[0]).toBe('badGateway');
  });
});
