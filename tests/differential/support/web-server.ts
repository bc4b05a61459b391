/**
 * The web server that both services of a run import from and point locations at.
 *
 * Every answer depends on the path alone, so that both services are told the same whoever asks first.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

import { qcow2Header } from './qcow2-header.ts';
import { limits } from './service-options.ts';

export interface WebServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

type Page = (request: IncomingMessage, response: ServerResponse) => void;

const tenBytes = Buffer.from('0123456789');

const pages: Readonly<Record<string, Page>> = {
  '/ten-bytes': page(tenBytes),
  '/ten-other-bytes': page(Buffer.from('abcdefghij')),
  '/five-bytes': page(Buffer.from('01234')),
  '/empty': page(Buffer.alloc(0)),
  '/qcow2': page(qcow2Header()),
  '/at-the-size-cap': page(Buffer.alloc(limits.imageSizeCapBytes, 'x')),
  '/above-the-size-cap': page(Buffer.alloc(limits.imageSizeCapBytes + 1, 'x')),
  '/no-length': (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
    response.write(tenBytes.subarray(0, 5));
    response.end(tenBytes.subarray(5));
  },
  // Announces twenty bytes, sends ten and hangs up.
  '/cut-short': (_request, response) => {
    response.writeHead(200, { 'Content-Length': '20' });
    response.write(tenBytes, () => response.socket?.end());
  },
  '/hangs-up': (request) => request.socket.destroy(),
  '/moved': redirect(302, '/ten-bytes'),
  '/moved-for-good': redirect(301, '/ten-bytes'),
  '/see-other': redirect(303, '/ten-bytes'),
  '/temporarily-moved': redirect(307, '/ten-bytes'),
  '/permanently-moved': redirect(308, '/ten-bytes'),
  '/moved-twice': redirect(302, '/moved'),
  '/round-and-round': redirect(302, '/round-and-round'),
  '/moved-nowhere': redirect(302, '/missing'),
  '/moved-to-a-file': redirect(302, 'file:///etc/hostname'),
  // Port 1 is not among those the services may fetch from.
  '/moved-to-another-port': redirect(302, 'http://127.0.0.1:1/ten-bytes'),
  '/bad-request': status(400),
  '/unauthorized': status(401),
  '/forbidden': status(403),
  '/gone': status(410),
  '/broken': status(500),
  '/unavailable': status(503),
};

/** What the server has when it is asked as the image service of another region, by the last digit of the image id. */
const remoteImages: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  '1': {
    status: 'active',
    size: 10,
    disk_format: 'raw',
    container_format: 'bare',
    name: 'elsewhere',
    hw_disk_bus: 'virtio',
    os_distro: 'debian',
    os_type: 'linux',
    unlike: 'the others',
  },
  '2': { status: 'queued', size: null, disk_format: 'raw', container_format: 'bare' },
  '3': { status: 'active', size: 11, disk_format: 'raw', container_format: 'bare' },
  '4': { status: 'active', size: 10, disk_format: 'raw', container_format: 'ovf' },
};

/** Id of a remote image. */
export function remoteImageId(digit: string): string {
  return `4e307e00-0000-4000-8000-00000000000${digit}`;
}

function remotePages(): Record<string, Page> {
  const found = Object.entries(remoteImages).flatMap(([digit, document]): [string, Page][] => {
    const path = `/v2/images/${remoteImageId(digit)}`;
    return [
      [path, page(Buffer.from(JSON.stringify({ id: remoteImageId(digit), ...document })), 'application/json')],
      [`${path}/file`, page(tenBytes)],
    ];
  });
  return Object.fromEntries(found);
}

/** Starts the server on a free loopback port. What is in no page is 404. */
export async function startWebServer(): Promise<WebServer> {
  const all = { ...pages, ...remotePages() };
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    (all[path] ?? status(404))(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return { url: `http://127.0.0.1:${address.port}`, port: address.port, stop: () => close(server) };
}

function page(bytes: Buffer, contentType = 'application/octet-stream'): Page {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': String(bytes.length) });
    response.end(bytes);
  };
}

function status(code: number): Page {
  return (_request, response) => {
    response.writeHead(code, { 'Content-Length': '0' });
    response.end();
  };
}

/** `to` is a path of this server or a whole URL; it goes out as a whole URL, which is what Glance's http store needs. */
function redirect(code: number, to: string): Page {
  return (request, response) => {
    const url = new URL(to, `http://${request.headers.host}`).href;
    response.writeHead(code, { Location: url, 'Content-Length': '0' });
    response.end();
  };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
