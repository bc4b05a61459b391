import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createPlainServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { isImageServiceError } from '../../domain/errors.ts';
import { openHttpPolicyCheck } from './http-policy-check.ts';
import type { HttpPolicyCheckOptions } from './http-policy-check.ts';

const question = {
  rule: 'get_image',
  target: { name: 'a&b=ü "q"', ['__proto__']: 'p' },
  credentials: { roles: ['reader'], project_id: null },
};

const opened: { close: () => void }[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  opened.push({ close: () => (server.closeAllConnections(), server.close()) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/check?x=1`;
}

function check(overrides: Partial<HttpPolicyCheckOptions> = {}) {
  return openHttpPolicyCheck({
    contentType: 'application/x-www-form-urlencoded',
    timeoutSeconds: 5,
    verifyServerCertificate: false,
    caFile: null,
    clientCertificateFile: null,
    clientKeyFile: null,
    ...overrides,
  });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return isImageServiceError(error) ? error.code : 'foreign';
  }
}

describe('the answer', () => {
  test.each([
    ['True', 200, true],
    ['"True"', 200, true],
    ['""True"', 200, true],
    ['True', 500, true],
    ['true', 200, false],
    ['True\n', 200, false],
    [' True', 200, false],
    ['False', 200, false],
    ['', 200, false],
    ['{"result": true}', 200, false],
    ['"'.repeat(100_000) + 'True', 200, false],
  ])('%.20j with status %i: %s', async (body, status, allowed) => {
    const url = await serve((_request, response) => response.writeHead(status).end(body));
    await expect(check().ask(url, question)).resolves.toBe(allowed);
  });

  test('an endless answer is cut off and is no', async () => {
    const url = await serve((_request, response) => {
      const write = (): void => {
        if (!response.destroyed && response.write('"'.repeat(65_536))) setImmediate(write);
        else response.once('drain', write);
      };
      write();
    });
    await expect(check().ask(url, question)).resolves.toBe(false);
  });

  test('a redirection is not followed', async () => {
    const yes = await serve((_request, response) => response.end('True'));
    const url = await serve((_request, response) => response.writeHead(307, { location: yes }).end());
    await expect(check().ask(url, question)).resolves.toBe(false);
  });
});

describe('the question', () => {
  async function received(contentType: string) {
    const got = Promise.withResolvers<{ request: IncomingMessage; body: string }>();
    const url = await serve((request, response) => {
      void text(request).then((body) => {
        got.resolve({ request, body });
        response.end('True');
      });
    });
    await check({ contentType }).ask(url, question);
    return got.promise;
  }

  test('is a form of JSON texts', async () => {
    const { request, body } = await received('application/x-www-form-urlencoded');
    expect(request.method).toBe('POST');
    expect(request.url).toBe('/check?x=1');
    expect(request.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      rule: '"get_image"',
      target: JSON.stringify(question.target),
      credentials: JSON.stringify(question.credentials),
    });
  });

  test('is one JSON document when so configured', async () => {
    const { request, body } = await received('application/json');
    expect(request.headers['content-type']).toBe('application/json');
    expect(body).toBe(JSON.stringify(question));
    expect(body).toContain('"__proto__":"p"');
  });
});

describe('no answer is an error: 500', () => {
  test('when nobody listens', async () => {
    expect(await codeOf(check().ask('http://127.0.0.1:1/', question))).toBe('internal');
  });

  test.each(['http:', 'https://', 'http://[', 'http://127.0.0.1:99999/'])('when %j is no address', async (url) => {
    expect(await codeOf(check().ask(url, question))).toBe('internal');
  });

  test('when the server stays silent', async () => {
    const url = await serve(() => undefined);
    expect(await codeOf(check({ timeoutSeconds: 0.05 }).ask(url, question))).toBe('internal');
  });

  test('when the answer stops half-way', async () => {
    const url = await serve((_request, response) => response.writeHead(200, { 'content-length': 10 }).write('True'));
    expect(await codeOf(check({ timeoutSeconds: 0.05 }).ask(url, question))).toBe('internal');
  });

  test('when the connection is cut', async () => {
    const server = createPlainServer((socket) => socket.destroy());
    opened.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await codeOf(check().ask(`http://127.0.0.1:${port}/`, question))).toBe('internal');
  });
});

test('a certificate file that cannot be read is an error at once and is named: 500', () => {
  expect(() => check({ caFile: '/nowhere/ca.pem' })).toThrow(/\/nowhere\/ca\.pem/);
});
