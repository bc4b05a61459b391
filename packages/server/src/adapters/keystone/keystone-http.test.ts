import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createEncryptedServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testAuthority, testServer } from '../../../../../tests/support/test-certificates.ts';
import { sessionOptions } from './fake-keystone.testing.ts';
import { openKeystoneHttp } from './keystone-http.ts';
import type { KeystoneConnection, KeystoneHttp } from './keystone-http.ts';

const folder = mkdtempSync(join(tmpdir(), 'lucarne-keystone-http-'));
const caFile = join(folder, 'authority.pem');
const certificateFile = join(folder, 'both.pem');
const servers: { readonly url: string; readonly end: () => void }[] = [];
const opened: KeystoneHttp[] = [];

beforeAll(() => {
  writeFileSync(caFile, testAuthority);
  writeFileSync(certificateFile, testServer.cert + testServer.key);
});
afterAll(() => {
  for (const each of opened) each.close();
  for (const { end } of servers) end();
  rmSync(folder, { recursive: true });
});

async function serve(answer: RequestListener, isEncrypted = false): Promise<string> {
  const tls = { ...testServer, requestCert: true, rejectUnauthorized: false, ca: testAuthority };
  const server = isEncrypted ? createEncryptedServer(tls, answer) : createPlainServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http${isEncrypted ? 's' : ''}://127.0.0.1:${(server.address() as AddressInfo).port}/v3`;
  servers.push({ url, end: () => (server.closeAllConnections(), server.close()) });
  return url;
}

function ask(url: string, changes: Partial<KeystoneConnection> = {}) {
  const http = openKeystoneHttp({ ...sessionOptions(url).connection, ...changes });
  opened.push(http);
  return http.ask({ method: 'GET', url, headers: { 'x-auth-token': 'secret-token' } });
}

describe('with TLS', () => {
  const answer: RequestListener = (request, response) => {
    const shown = (request.socket as TLSSocket).getPeerCertificate();
    response.end(JSON.stringify({ certified: 'subject' in shown }));
  };

  test('an authority nobody named is not trusted: unavailable', async () => {
    const failure = await ask(await serve(answer, true)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'unavailable', cause: { message: expect.stringMatching(/certificate/) } });
  });

  test.each([
    ['one that is named is', { caFile }, false],
    ['one that is not checked is', { insecure: true }, false],
    ['and the service shows its own', { caFile, certificateFile }, true],
    ['with its key in another file', { caFile, certificateFile, keyFile: certificateFile }, true],
  ])('%s', async (_, changes, certified) => {
    expect(await ask(await serve(answer, true), changes)).toMatchObject({ status: 200, body: { certified } });
  });

  test('a file without a certificate is told by its name', () => {
    const path = join(folder, 'none.pem');
    writeFileSync(path, 'none');
    expect(() => openKeystoneHttp({ ...sessionOptions('').connection, caFile: path })).toThrow(path);
  });

  test('a file that cannot be read is told by its name', () => {
    expect(() => openKeystoneHttp({ ...sessionOptions('').connection, caFile: '/none.pem' })).toThrow('/none.pem');
  });
});

describe('an answer', () => {
  test('that sends elsewhere is not followed, and its token goes nowhere', async () => {
    const elsewhere: string[] = [];
    const other = await serve((request, response) => {
      elsewhere.push(request.url ?? '');
      response.end();
    });
    const url = await serve((_request, response) => response.writeHead(302, { location: other }).end());
    expect(await ask(url)).toMatchObject({ status: 302, body: undefined });
    expect(elsewhere).toEqual([]);
  });

  test('without an end is cut off: unavailable', async () => {
    const url = await serve((_request, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
        if (!response.destroyed) response.once('drain', write);
      };
      write();
    });
    const failure = await ask(url).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'unavailable', cause: { message: expect.stringMatching(/longer than/) } });
  }, 60_000);

  test('that stops half-way is unavailable', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setImmediate(() => response.destroy());
    });
    await expect(ask(url)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

test('a connection that fails is tried again as often as is said', async () => {
  const url = await serve((_request, response) => response.end('{}'));
  servers.at(-1)?.end();
  const begun = performance.now();
  await expect(ask(url, { connectRetries: 2 })).rejects.toMatchObject({ code: 'unavailable' });
  expect(performance.now() - begun).toBeGreaterThan(250);
});
