/**
 * A web server that behaves as badly as its path says, on 127.0.0.1. What it serves whole is always `bytes`.
 */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface BadWebServer {
  /** `http://127.0.0.1:<port>` without a slash at the end. */
  readonly origin: string;
  readonly port: number;
  /** Every request so far, in order. */
  readonly requests: readonly SeenRequest[];
  /** Connections nobody has closed yet. */
  openConnections(): Promise<number>;
  close(): Promise<void>;
}

export interface SeenRequest {
  readonly method: string;
  /** As it stood in the request line. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
}

interface Asked {
  readonly request: IncomingMessage;
  readonly wire: Wire;
  readonly bytes: Buffer;
}

/** The way back. To a HEAD only what stands before the first empty line is sent, as real servers do. */
interface Wire {
  readonly socket: Socket;
  write(data: Buffer, then?: () => void): void;
  end(data?: Buffer): void;
}

type Behaviour = (asked: Asked) => void;

const behaviours: Readonly<Record<string, Behaviour>> = {
  '/good': ({ wire, bytes }) => wire.end(Buffer.concat([head(200, lengthOf(bytes)), bytes])),
  '/ranges': serveRange,
  '/no-head': ({ request, wire, bytes }) =>
    wire.end(
      request.method === 'HEAD' ? head(405, ['Content-Length: 0']) : Buffer.concat([head(200, lengthOf(bytes)), bytes]),
    ),
  '/empty': ({ wire }) => wire.end(head(200, ['Content-Length: 0'])),
  '/wrong-type': ({ wire, bytes }) =>
    wire.end(Buffer.concat([head(200, [...lengthOf(bytes), 'Content-Type: text/html']), bytes])),
  '/no-length': ({ wire, bytes }) => wire.end(Buffer.concat([head(200, []), bytes])),
  '/chunked': ({ wire, bytes }) =>
    wire.end(Buffer.concat([head(200, ['Transfer-Encoding: chunked']), chunk(bytes), chunk(Buffer.alloc(0))])),
  '/chunked-cut': ({ wire, bytes }) =>
    wire.end(Buffer.concat([head(200, ['Transfer-Encoding: chunked']), chunk(bytes)])),
  '/announces-less': ({ wire, bytes }) =>
    wire.end(Buffer.concat([head(200, [`Content-Length: ${bytes.byteLength - 1}`]), bytes])),
  '/announces-more': ({ wire, bytes }) =>
    wire.end(Buffer.concat([head(200, [`Content-Length: ${bytes.byteLength + 1}`]), bytes])),
  '/two-lengths': ({ wire, bytes }) =>
    wire.end(Buffer.concat([head(200, ['Content-Length: 1', `Content-Length: ${bytes.byteLength}`]), bytes])),
  '/cut': ({ wire, bytes }) => {
    wire.write(Buffer.concat([head(200, lengthOf(bytes)), firstHalf(bytes)]), () => wire.socket.resetAndDestroy());
  },
  '/stalls-at-99-percent': ({ wire, bytes }) => {
    wire.write(Buffer.concat([head(200, lengthOf(bytes)), bytes.subarray(0, Math.floor(bytes.byteLength * 0.99))]));
  },
  '/silent': () => undefined,
  '/hangs-up': ({ wire }) => wire.end(),
  '/slow': ({ wire, bytes }) => {
    wire.write(head(200, lengthOf(bytes)));
    drip(wire.socket, bytes);
  },
  '/endless': ({ wire }) => {
    wire.write(head(200, []));
    pour(wire.socket);
  },
  '/gzip': ({ wire, bytes }) => {
    const packed = gzipSync(bytes);
    wire.end(Buffer.concat([head(200, [...lengthOf(packed), 'Content-Encoding: gzip']), packed]));
  },
  '/gzip-transfer': ({ wire, bytes }) => {
    const headers = ['Transfer-Encoding: gzip, chunked'];
    wire.end(Buffer.concat([head(200, headers), chunk(gzipSync(bytes)), chunk(Buffer.alloc(0))]));
  },
  '/huge-headers': ({ wire }) => wire.end(head(200, [`X-Huge: ${'x'.repeat(100_000)}`, 'Content-Length: 0'])),
  '/endless-headers': ({ wire }) => {
    wire.socket.write('HTTP/1.1 200 OK\r\n');
    pour(wire.socket, Buffer.from('X-More: x\r\n'.repeat(1000)));
  },
  '/endless-100': ({ wire }) => pour(wire.socket, Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000))),
  '/not-http': ({ wire }) => wire.end(Buffer.from('SSH-2.0-OpenSSH_9.6\r\n')),
  '/switches': ({ wire }) => wire.write(head(101, ['Upgrade: websocket', 'Connection: upgrade'])),
  '/missing': ({ wire }) => wire.end(head(404, ['Content-Length: 0'])),
  '/forbidden': ({ wire }) => wire.end(head(403, ['Content-Length: 0'])),
  '/broken': ({ wire }) => wire.end(head(500, ['Content-Length: 0'])),
  '/busy': ({ wire }) => wire.end(head(503, ['Content-Length: 0'])),
  '/no-content': ({ wire }) => wire.end(head(204, [])),
  '/moved': redirect('/good'),
  '/loop': redirect('/loop-back'),
  '/loop-back': redirect('/loop'),
  '/moved-to-metadata': redirect('http://169.254.169.254/latest/meta-data/'),
  '/moved-to-a-file': redirect('file:///etc/passwd'),
  '/moved-to-nonsense': redirect('http://[nonsense'),
  '/moved-nowhere': ({ wire }) => wire.end(head(302, ['Content-Length: 0'])),
};

/**
 * Starts the server on a free port. Beside the fixed paths, `/moved/<n>` needs n further redirects to `/good`,
 * `/moved-by/<status>` leads there by one of that status, and `/moved-to?<url>` leads anywhere. Other paths are 404.
 */
export async function startBadWebServer(bytes: Buffer): Promise<BadWebServer> {
  const requests: SeenRequest[] = [];
  const server = createServer((request) => {
    const { method = '', url: target = '', headers, socket } = request;
    requests.push({ method, target, headers });
    socket.on('error', () => undefined);
    behaviourOf(target)({ request, wire: wireTo(socket, method), bytes });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests,
    openConnections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function behaviourOf(target: string): Behaviour {
  const [path = '', query = ''] = target.split('?', 2);
  const [, name, argument = ''] = /^\/([^/]*)\/(.*)$/.exec(path) ?? [];
  if (path === '/moved-to') return redirect(decodeURIComponent(query));
  if (name === 'moved-by') return redirect('/good', Number(argument));
  if (name === 'moved') return redirect(Number(argument) > 0 ? `/moved/${Number(argument) - 1}` : '/good');
  const behave = Object.hasOwn(behaviours, path) ? behaviours[path] : undefined;
  return behave ?? (({ wire }) => wire.end(head(404, ['Content-Length: 0'])));
}

function redirect(location: string, status = 302): Behaviour {
  return ({ wire }) => wire.end(head(status, [`Location: ${location}`, 'Content-Length: 0']));
}

function serveRange({ request, wire, bytes }: Asked): void {
  const [, first, last] = /^bytes=([0-9]+)-([0-9]*)$/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined) {
    wire.end(Buffer.concat([head(200, lengthOf(bytes)), bytes]));
    return;
  }
  const start = Number(first);
  const end = last === undefined || last === '' ? bytes.byteLength - 1 : Number(last);
  const part = bytes.subarray(start, end + 1);
  const range = `Content-Range: bytes ${start}-${end}/${bytes.byteLength}`;
  wire.end(Buffer.concat([head(206, [...lengthOf(part), range]), part]));
}

function head(status: number, headers: readonly string[]): Buffer {
  return Buffer.from([`HTTP/1.1 ${status} So`, ...headers, '', ''].join('\r\n'), 'latin1');
}

function lengthOf(bytes: Buffer): string[] {
  return [`Content-Length: ${bytes.byteLength}`];
}

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

function firstHalf(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.floor(bytes.byteLength / 2));
}

/** Twelve pieces, one each tenth of a second. */
function drip(socket: Socket, bytes: Buffer): void {
  const pieceBytes = Math.ceil(bytes.byteLength / 12);
  let at = 0;
  const timer = setInterval(() => {
    socket.write(bytes.subarray(at, at + pieceBytes));
    at += pieceBytes;
    if (at >= bytes.byteLength) socket.end();
  }, 100);
  const stop = (): void => clearInterval(timer);
  socket.once('finish', stop).once('close', stop);
}

/** Writes until the other side has had enough. */
function pour(socket: Socket, piece: Buffer = Buffer.alloc(65_536)): void {
  const write = (): void => {
    if (socket.destroyed) return;
    if (socket.write(piece)) setImmediate(write);
    else socket.once('drain', write);
  };
  write();
}

function wireTo(socket: Socket, method: string): Wire {
  if (method !== 'HEAD') {
    return { socket, write: (data, then) => socket.write(data, then), end: (data) => socket.end(data ?? '') };
  }
  const sendHead = (data?: Buffer): void => {
    const text = data?.toString('latin1').split('\r\n\r\n', 1)[0];
    socket.end(text === undefined ? '' : Buffer.from(`${text}\r\n\r\n`, 'latin1'));
  };
  return { socket, write: sendHead, end: sendHead };
}
