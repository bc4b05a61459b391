import { randomBytes } from 'node:crypto';
import { createServer as createHttpsServer } from 'node:https';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startBadWebServer } from '../../../../../tests/support/bad-web-server.ts';
import type { BadWebServer } from '../../../../../tests/support/bad-web-server.ts';
import { testAuthority, testServer } from '../../../../../tests/support/test-certificates.ts';
import { isImageServiceError } from '../../domain/errors.ts';
import type { ImportUriFilter } from '../../domain/imports/uri-filter.ts';
import type { WebRequest, WebSource } from '../../ports/web-source.ts';
import { openTestNetwork } from './test-network.testing.ts';
import { openWebSource } from './web-source.ts';
import type { WebSourceOptions } from './web-source.ts';

const bytes = randomBytes(1_000_000);
const anyPort: ImportUriFilter = {
  allowedSchemes: ['http', 'https'],
  disallowedSchemes: [],
  allowedHosts: [],
  disallowedHosts: [],
  allowedPorts: [],
  disallowedPorts: [],
};
const options: WebSourceOptions = {
  filter: anyPort,
  allowedHosts: [],
  allowedAddressRanges: ['127.0.0.0/8'],
  caFile: null,
  insecure: false,
  proxy: null,
  idleTimeoutSeconds: 20,
  connectTimeoutSeconds: 20,
  maxRedirects: 10,
};

let web: BadWebServer;
let folder: string;
beforeAll(async () => {
  web = await startBadWebServer(bytes);
  folder = mkdtempSync(join(tmpdir(), 'web-source-'));
});
afterAll(async () => {
  await web.close();
  rmSync(folder, { recursive: true });
});

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanups.splice(0)) cleanUp();
});

async function listen(server: Server): Promise<number> {
  cleanups.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function download(source: WebSource, request: WebRequest): Promise<Buffer> {
  const data = await source.open(request);
  const pieces: Uint8Array[] = [];
  for await (const piece of data.chunks()) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

async function allClosed(): Promise<void> {
  await expect.poll(() => web.openConnections(), { interval: 5 }).toBe(0);
}

/** `whole`, or the code and the message of the failure. */
async function outcomeOf(source: WebSource, request: WebRequest): Promise<string> {
  try {
    return Buffer.compare(await download(source, request), bytes) === 0 ? 'whole' : 'other data';
  } catch (error) {
    if (isImageServiceError(error)) return `${error.code}: ${error.message.replaceAll(web.origin, 'http://bad')}`;
    throw error;
  }
}

describe('a server that behaves badly', () => {
  test.each([
    ['/good', 'whole'],
    ['/no-head', 'whole'],
    ['/wrong-type', 'whole'],
    ['/no-length', 'whole'],
    ['/chunked', 'whole'],
    ['/moved', 'whole'],
    ['/moved/9', 'whole'],
    ['/moved-by/301', 'whole'],
    ['/moved-by/303', 'whole'],
    ['/moved-by/307', 'whole'],
    ['/moved-by/308', 'whole'],
    ['/empty', 'other data'],
    ['/missing', 'badRequest: http://bad/missing answered 404 Not Found.'],
    ['/forbidden', 'badRequest: http://bad/forbidden answered 403 Forbidden.'],
    ['/no-content', 'badRequest: http://bad/no-content answered 204 No Content.'],
    ['/moved-by/300', 'badRequest: http://bad/moved-by/300 answered 300 Multiple Choices.'],
    ['/moved-nowhere', 'badRequest: http://bad/moved-nowhere answered 302 Found.'],
    ['/broken', 'unavailable: http://bad/broken answered 500 Internal Server Error.'],
    ['/busy', 'unavailable: http://bad/busy answered 503 Service Unavailable.'],
    ['/loop', 'badRequest: http://bad/loop redirects in a circle.'],
    ['/moved/10', 'badRequest: http://bad/moved/10 redirects more than 10 times.'],
    [
      '/moved-to-metadata',
      'badRequest: http://bad/moved-to-metadata redirects: http://169.254.169.254/latest/meta-data/ is refused: the ' +
        'address of its host is link-local, and nothing may be fetched from there.',
    ],
    [
      '/moved-to-a-file',
      'badRequest: http://bad/moved-to-a-file redirects: file:///etc/passwd is refused: only http and https can be fetched.',
    ],
    [
      '/moved-to-nonsense',
      'badRequest: http://bad/moved-to-nonsense redirects: http://[nonsense is refused: it has no host, or one that cannot be read.',
    ],
    ['/announces-less', 'unavailable: http://bad/announces-less goes on after the 999999 bytes that were announced.'],
    [
      '/announces-more',
      'unavailable: http://bad/announces-more broke off after 1000000 of 1000001 bytes: the server closed the connection.',
    ],
    ['/two-lengths', 'unavailable: http://bad/two-lengths sends something that is not HTTP.'],
    [
      '/chunked-cut',
      'unavailable: http://bad/chunked-cut broke off after 1000000 bytes: the server closed the connection.',
    ],
    ['/hangs-up', 'unavailable: http://bad/hangs-up closed the connection.'],
    ['/gzip', 'badRequest: http://bad/gzip is sent with a content encoding, though none was asked for.'],
    ['/gzip-transfer', 'badRequest: http://bad/gzip-transfer is sent with a transfer encoding that is not supported.'],
    ['/huge-headers', 'unavailable: http://bad/huge-headers sends headers that are too long.'],
    ['/endless-headers', 'unavailable: http://bad/endless-headers sends headers that are too long.'],
    ['/not-http', 'unavailable: http://bad/not-http sends something that is not HTTP.'],
    ['/switches', 'unavailable: http://bad/switches wants to speak another protocol.'],
  ])('%s: %s', async (path, outcome) => {
    expect(await outcomeOf(openWebSource(options), { url: web.origin + path })).toBe(outcome);
    await allClosed();
  });

  test('/cut: what arrived is told to the byte', async () => {
    const outcome = await outcomeOf(openWebSource(options), { url: `${web.origin}/cut` });
    expect(outcome).toMatch(
      /^unavailable: http:\/\/bad\/cut broke off after \d+ of 1000000 bytes: the server closed the connection\.$/,
    );
  });

  test('/slow: is waited for as long as something comes', async () => {
    const patient = openWebSource({ ...options, idleTimeoutSeconds: 1 });
    expect(await outcomeOf(patient, { url: `${web.origin}/slow` })).toBe('whole');
  });

  test.each([
    ['/stalls-at-99-percent', 'broke off after 990000 of 1000000 bytes: the server sent nothing for 0.2 seconds.'],
    ['/silent', 'sent nothing for 0.2 seconds.'],
    ['/endless-100', 'sent nothing for 0.2 seconds.'],
  ])('%s: %s', async (path, reason) => {
    const impatient = openWebSource({ ...options, idleTimeoutSeconds: 0.2 });
    expect(await outcomeOf(impatient, { url: web.origin + path })).toBe(`unavailable: http://bad${path} ${reason}`);
    await allClosed();
  });

  test('/endless: whoever stops reading closes the connection', async () => {
    const data = await openWebSource(options).open({ url: `${web.origin}/endless` });
    let read = 0;
    for await (const piece of data.chunks()) {
      read += piece.byteLength;
      if (read > 10_000_000) break;
    }
    await allClosed();
  });

  test('nobody listening', async () => {
    const port = await listen(createServer());
    for (const cleanUp of cleanups.splice(0)) cleanUp();
    const outcome = await outcomeOf(openWebSource(options), { url: `http://127.0.0.1:${port}/x?token=S3CRET` });
    expect(outcome).toBe(`unavailable: http://127.0.0.1:${port}/x?… refuses connections.`);
  });
});

describe('the answer', () => {
  test.each([
    ['/good', 1_000_000],
    ['/empty', 0],
    ['/chunked', null],
    ['/no-length', null],
  ])('of %s announces %s bytes', async (path, sizeBytes) => {
    const data = await openWebSource(options).open({ url: web.origin + path });
    expect(data.sizeBytes).toBe(sizeBytes);
    await data.close();
    await data.close();
    await allClosed();
  });

  test('that was closed has no more data', async () => {
    const data = await openWebSource(options).open({ url: `${web.origin}/good` });
    const pieces = data.chunks()[Symbol.asyncIterator]();
    await pieces.next();
    await data.close();
    const rest = (async () => {
      for (;;) if ((await pieces.next()).done === true) return 'ended';
    })();
    await expect(rest).rejects.toThrow(/broke off/);
  });
});

describe('an abort', () => {
  const reason = new Error('enough');

  test('before anything begins makes no connection', async () => {
    const seen = web.requests.length;
    const opening = openWebSource(options).open({ url: `${web.origin}/good`, signal: AbortSignal.abort(reason) });
    await expect(opening).rejects.toBe(reason);
    expect(web.requests).toHaveLength(seen);
  });

  test('while a name is looked up ends the wait', async () => {
    const abortion = new AbortController();
    const network = {
      ...openTestNetwork({ port: web.port }),
      resolve: () => new Promise<never>(() => abortion.abort(reason)),
    };
    const opening = openWebSource(options, network).open({ url: 'http://mirror.example/', signal: abortion.signal });
    await expect(opening).rejects.toBe(reason);
  });

  test('while the server is silent closes the connection', async () => {
    const abortion = new AbortController();
    const seen = web.requests.length;
    const opening = openWebSource(options).open({ url: `${web.origin}/silent`, signal: abortion.signal });
    await expect.poll(() => web.requests.length).toBe(seen + 1);
    abortion.abort(reason);
    await expect(opening).rejects.toBe(reason);
    await allClosed();
  });

  test('amid the data raises its reason', async () => {
    const abortion = new AbortController();
    const data = await openWebSource(options).open({ url: `${web.origin}/endless`, signal: abortion.signal });
    const reading = (async () => {
      let read = 0;
      for await (const piece of data.chunks()) {
        read += piece.byteLength;
        if (read > 1_000_000) abortion.abort(reason);
      }
    })();
    await expect(reading).rejects.toBe(reason);
    await allClosed();
  });

  test('while nothing more comes raises its reason', async () => {
    const abortion = new AbortController();
    const data = await openWebSource(options).open({
      url: `${web.origin}/stalls-at-99-percent`,
      signal: abortion.signal,
    });
    const pieces = data.chunks()[Symbol.asyncIterator]();
    let read = 0;
    while (read < 990_000) {
      const piece = await pieces.next();
      if (piece.done !== true) read += piece.value.byteLength;
    }
    const last = pieces.next();
    abortion.abort(reason);
    await expect(last).rejects.toBe(reason);
  });
});

describe('the request', () => {
  const publicNetwork = () => {
    const network = openTestNetwork({ port: web.port });
    network.names.set('mirror.example.', [['93.184.216.34']]);
    network.names.set('other.example.', [['93.184.216.35']]);
    return network;
  };

  test('goes to the address that was judged, with the name in it, and wants nothing packed', async () => {
    const network = publicNetwork();
    const seen = web.requests.length;
    await download(openWebSource(options, network), {
      url: 'http://mirror.example:8080/good?a=1&b=%2F',
      headers: { 'x-auth-token': 'T' },
    });
    expect(network.lookups).toEqual(['mirror.example.']);
    expect(network.connections).toEqual(['93.184.216.34:8080']);
    const request = web.requests[seen];
    expect(request?.method).toBe('GET');
    expect(request?.target).toBe('/good?a=1&b=%2F');
    expect(request?.headers).toMatchObject({
      host: 'mirror.example:8080',
      'accept-encoding': 'identity',
      connection: 'close',
      'x-auth-token': 'T',
    });
  });

  test('keeps its headers from another server it is redirected to, for good', async () => {
    const seen = web.requests.length;
    const back = encodeURIComponent('http://mirror.example/good');
    const there = encodeURIComponent(`http://other.example/moved-to?${back}`);
    const url = `http://mirror.example/moved-to?${encodeURIComponent(`/moved-to?${there}`)}`;
    await download(openWebSource(options, publicNetwork()), { url, headers: { 'x-auth-token': 'T' } });
    const tokens = web.requests.slice(seen).map(({ headers }) => [headers.host, headers['x-auth-token']]);
    expect(tokens).toEqual([
      ['mirror.example', 'T'],
      ['mirror.example', 'T'],
      ['other.example', undefined],
      ['mirror.example', undefined],
    ]);
  });

  test('looks a name up again for each redirect, and judges it again', async () => {
    const network = publicNetwork();
    network.names.set('rebinding.example.', [['93.184.216.34'], ['127.0.0.1']]);
    const source = openWebSource({ ...options, allowedAddressRanges: [] }, network);
    const outcome = await outcomeOf(source, { url: 'http://rebinding.example/moved' });
    expect(outcome).toMatch(/^badRequest: .*redirects: http:\/\/rebinding.example\/good is refused: .* loopback/);
    expect(outcome).not.toContain('127.0.0.1');
    expect(network.connections).toEqual(['93.184.216.34:80']);
  });

  test('goes on to the next address when one is deaf, and never to one that is refused', async () => {
    const network = openTestNetwork({ port: web.port, deafAddresses: ['93.184.216.34'] });
    network.names.set('mirror.example.', [['10.0.0.1', '93.184.216.34', '2606:2800:220:1::1', 'fe80::1%eth0']]);
    expect(await outcomeOf(openWebSource(options, network), { url: 'http://mirror.example/good' })).toBe('whole');
    expect(network.connections).toEqual(['93.184.216.34:80', '[2606:2800:220:1::1]:80'.replace(/[[\]]/g, '')]);
  });

  test('of a name nobody knows says so', async () => {
    const outcome = await outcomeOf(openWebSource(options, publicNetwork()), { url: 'http://unknown.example/x' });
    expect(outcome).toBe('unavailable: http://unknown.example/x has a host name that nobody knows.');
  });

  test('of a host the operator allows by name goes to whatever address it has', async () => {
    const network = openTestNetwork({ port: web.port });
    network.names.set('intranet.example', [['10.0.0.1']]);
    const source = openWebSource({ ...options, allowedHosts: ['Intranet.Example'], allowedAddressRanges: [] }, network);
    expect(await outcomeOf(source, { url: 'http://intranet.example/good' })).toBe('whole');
    const escaping = `http://intranet.example/moved-to?${encodeURIComponent('http://10.0.0.1/good')}`;
    expect(await outcomeOf(source, { url: escaping })).toMatch(/^badRequest: .*private/);
  });

  test('is refused by the filter before any name is looked up', async () => {
    const network = publicNetwork();
    const source = openWebSource({ ...options, filter: { ...anyPort, disallowedHosts: ['mirror.example'] } }, network);
    expect(await outcomeOf(source, { url: 'http://mirror.example/good' })).toMatch(/^badRequest: .*not allowed here/);
    const pointing = `http://other.example/moved-to?${encodeURIComponent('http://mirror.example/good')}`;
    expect(await outcomeOf(source, { url: pointing })).toMatch(/^badRequest: .*redirects: .*not allowed here/);
    expect(network.lookups).toEqual(['other.example.']);
  });

  test('to an address that never answers is given up', async () => {
    const port = await listen(createServer());
    const network = { ...openTestNetwork({ port }), resolve: () => new Promise<never>(() => undefined) };
    const source = openWebSource({ ...options, connectTimeoutSeconds: 0.1 }, network);
    const outcome = await outcomeOf(source, { url: 'http://mirror.example/x' });
    expect(outcome).toBe('unavailable: http://mirror.example/x could not be connected to within 0.1 seconds.');
  });
});

describe('https', () => {
  async function serveTls(): Promise<number> {
    return listen(createHttpsServer(testServer, (request, response) => response.end(request.headers.host)));
  }

  function authorityFile(text = testAuthority): string {
    const file = join(folder, `ca-${cleanups.length}.pem`);
    writeFileSync(file, text);
    return file;
  }

  test('trusts what a configured authority signed, for a name and for an address', async () => {
    const port = await serveTls();
    const network = openTestNetwork({ port });
    network.names.set('mirror.example.', [['93.184.216.34']]);
    const source = openWebSource({ ...options, caFile: authorityFile() }, network);
    expect((await download(source, { url: 'https://mirror.example/x' })).toString()).toBe('mirror.example');
    expect((await download(source, { url: 'https://mirror.example./x' })).toString()).toBe('mirror.example.');
    expect((await download(source, { url: `https://127.0.0.1:${port}/` })).toString()).toBe(`127.0.0.1:${port}`);
  });

  test('refuses a certificate nobody vouches for, and one of another host', async () => {
    const port = await serveTls();
    const network = openTestNetwork({ port });
    network.names.set('mirror.example.', [['93.184.216.34']]);
    network.names.set('other.example.', [['93.184.216.34']]);
    const strict = openWebSource(options, network);
    expect(await outcomeOf(strict, { url: 'https://mirror.example/x' })).toBe(
      'unavailable: https://mirror.example/x shows a certificate that is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE).',
    );
    const trusting = openWebSource({ ...options, caFile: authorityFile() }, network);
    expect(await outcomeOf(trusting, { url: 'https://other.example/x' })).toBe(
      'unavailable: https://other.example/x shows a certificate of another host.',
    );
    const careless = openWebSource({ ...options, insecure: true }, network);
    expect((await download(careless, { url: 'https://other.example/x' })).toString()).toBe('other.example');
  });

  test('of a server that speaks none says so', async () => {
    expect(await outcomeOf(openWebSource(options), { url: `https://127.0.0.1:${web.port}/x` })).toMatch(
      /^unavailable: .* (does not speak TLS as it should|closed the connection)\.$/,
    );
  });

  test.each([
    ['is not there', () => '/nowhere/ca.pem'],
    ['has no certificate', () => authorityFile('nothing')],
  ])('with an authority file that %s raises at once and names it', (_what, file) => {
    expect(() => openWebSource({ ...options, caFile: file() })).toThrow(/\.pem/);
  });
});

describe('a proxy', () => {
  interface ProxyLog {
    readonly port: number;
    readonly asked: string[];
  }

  /** Lets tunnels through to `port`, and answers other requests itself. */
  async function startProxy(port: number, isRefusing = false): Promise<ProxyLog> {
    const asked: string[] = [];
    const proxy = createServer((client) => {
      client.on('error', () => undefined);
      client.once('data', (data) => {
        const [line = '', ...headers] = data.toString('latin1').split('\r\n');
        const authorization = headers.find((header) => /^proxy-authorization:/i.test(header)) ?? '';
        asked.push(`${line} ${authorization}`.trim());
        if (isRefusing) return void client.end('HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n');
        if (!line.startsWith('CONNECT')) return void client.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy');
        const server = connect({ host: '127.0.0.1', port });
        server.on('error', () => client.destroy());
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(server).pipe(client);
      });
    });
    return { port: await listen(proxy), asked };
  }

  function openBehind(proxyPort: number, overrides: Partial<WebSourceOptions> = {}, userinfo = '') {
    const network = openTestNetwork({ port: proxyPort });
    network.names.set('proxy.example', [['10.0.0.1']]);
    const proxy = `http://${userinfo}proxy.example:3128`;
    return { network, source: openWebSource({ ...options, allowedAddressRanges: [], proxy, ...overrides }, network) };
  }

  test('is asked for a whole http URL, with its credentials and none of them for the server', async () => {
    const proxy = await startProxy(0);
    const { source, network } = openBehind(proxy.port, {}, 'us%40er:S3:CRET@');
    const answer = await download(source, { url: 'http://mirror.example:80/x?y=1' });
    expect(answer.toString()).toBe('proxy');
    const basic = Buffer.from('us@er:S3:CRET').toString('base64');
    expect(proxy.asked).toEqual([`GET http://mirror.example:80/x?y=1 HTTP/1.1 proxy-authorization: Basic ${basic}`]);
    expect(network.connections).toEqual(['10.0.0.1:3128']);
  });

  test('makes a tunnel for https, whose other end proves its name', async () => {
    const port = await listen(
      createHttpsServer(testServer, (request, response) => response.end(JSON.stringify(request.headers))),
    );
    const proxy = await startProxy(port);
    const file = join(folder, 'tunnel.pem');
    writeFileSync(file, testAuthority);
    const { source } = openBehind(proxy.port, { caFile: file }, 'a:b@');
    const headers = (await download(source, { url: 'https://mirror.example/x' })).toString();
    expect(headers).toContain('"host":"mirror.example"');
    expect(headers).not.toContain('proxy-authorization');
    expect(proxy.asked).toEqual(['CONNECT mirror.example:443 HTTP/1.1 proxy-authorization: Basic YTpi']);
    expect(await outcomeOf(source, { url: 'https://other.example/x' })).toMatch(/certificate of another host/);
  });

  test('that refuses is told apart from the server', async () => {
    const proxy = await startProxy(0, true);
    expect(await outcomeOf(openBehind(proxy.port).source, { url: 'https://mirror.example/x' })).toBe(
      'unavailable: The HTTP proxy answered 407 and makes no connection.',
    );
  });

  test('that nobody knows is not named', async () => {
    const { source, network } = openBehind(1);
    network.names.clear();
    expect(await outcomeOf(source, { url: 'http://mirror.example/x' })).toBe(
      'unavailable: The HTTP proxy has a host name that nobody knows.',
    );
  });

  test.each([
    'http://127.0.0.1/x',
    'https://[::1]/x',
    'http://169.254.169.254/x',
    'http://localhost/x',
    'http://db.localhost./x',
    'http://internal.example/x',
    'http://mixed.example/x',
  ])('is not asked for %s, which is not public', async (url) => {
    const proxy = await startProxy(0);
    const { source, network } = openBehind(proxy.port);
    network.names.set('internal.example.', [['10.1.1.1']]);
    network.names.set('mixed.example.', [['93.184.216.34', '10.1.1.1']]);
    expect(await outcomeOf(source, { url })).toMatch(/^badRequest: .*nothing may be fetched from there/);
    expect(network.connections).toEqual([]);
  });

  test('is asked for a host the operator allows by name', async () => {
    const proxy = await startProxy(0);
    const { source, network } = openBehind(proxy.port, { allowedHosts: ['internal.example'] });
    network.names.set('internal.example.', [['10.1.1.1']]);
    expect((await download(source, { url: 'http://internal.example/x' })).toString()).toBe('proxy');
  });

  test('that is no URL raises at once, without showing it', () => {
    expect(() => openWebSource({ ...options, proxy: 'http://user:S3CRET@pro xy' })).toThrow(/^(?!.*S3CRET).*proxy/);
  });
});

test('an address range that is none raises at once and is named', () => {
  expect(() => openWebSource({ ...options, allowedAddressRanges: ['10.0.0.1/8'] })).toThrow(/10\.0\.0\.1\/8/);
});
