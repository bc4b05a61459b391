/**
 * A real browser, and a web site whose pages have the client package in `lucarne`.
 *
 * Invariant: the browser reaches this machine alone. Names do not resolve, proxies are not used, and what it would do of
 * its own accord is switched off.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import type * as clientBundle from '@lucarne/client/bundle.ts';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

declare global {
  /** In a page of `startClientSite`. */
  var lucarne: typeof clientBundle;
}

export interface RunningBrowser {
  readonly browser: Browser;
  stop(): Promise<void>;
}

export interface ClientSite {
  /** `http://127.0.0.1:<port>`; its page is at `/`. */
  readonly origin: string;
  stop(): Promise<void>;
}

const run = promisify(execFile);
const buildProgram = join(import.meta.dirname, '../../packages/client/build.ts');
const bundleName = 'lucarne-client.js';

const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-proxy-server',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

const page = `<!doctype html>
<link rel="icon" href="data:,">
<script type="module">
  import * as lucarne from './${bundleName}';
  globalThis.lucarne = lucarne;
</script>
`;

/** Debian's Chromium with a profile and a home of its own. */
export async function startBrowser(): Promise<RunningBrowser> {
  const home = await mkdtemp(join(tmpdir(), 'lucarne-browser-'));
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: chromiumArguments,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: home, LC_ALL: 'C.UTF-8' },
  });
  const stop = async () => {
    await browser.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  return { browser, stop };
}

/** The client as web pages load it, freshly built. */
export async function buildClientBundle(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lucarne-bundle-'));
  try {
    await run(process.execPath, [buildProgram, folder]);
    return await readFile(join(folder, bundleName), 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A web site of its own origin with one page and the bundle. */
export async function startClientSite(bundle: string): Promise<ClientSite> {
  const files: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
    '/': { type: 'text/html', text: page },
    [`/${bundleName}`]: { type: 'text/javascript', text: bundle },
  };
  const server = createServer((request, response) => {
    const file = files[request.url ?? ''];
    response.writeHead(file === undefined ? 404 : 200, {
      'content-type': `${file?.type ?? 'text/plain'};charset=utf-8`,
    });
    response.end(file?.text);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // An address of a TCP server.
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    await promisify(server.close.bind(server))();
  };
  return { origin: `http://127.0.0.1:${port}`, stop };
}
