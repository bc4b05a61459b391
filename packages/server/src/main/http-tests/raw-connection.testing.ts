/** A TCP connection to the service, for what no HTTP client would send, and for clients that read when they like. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawConnection {
  readonly socket: Socket;
  /** Resolves when the system has taken it all; false when the connection broke before. */
  write(data: string | Uint8Array): Promise<boolean>;
  /** The next answer on the connection, which must have a length or no body. */
  answer(): Promise<RawAnswer>;
  /** Resolves with everything that came but was not taken as an answer, once the connection is closed. */
  closed(): Promise<Buffer>;
}

/** Reading starts with the first `answer()` or `closed()`. */
export function openRawConnection(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.pause();
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(connectionOn(socket));
    });
  });
}

/** The head of a request, with the final empty line. */
export function requestHead(request: string, headers: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${request} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function connectionOn(socket: Socket): RawConnection {
  let chunks: Buffer[] = [];
  let receivedBytes = 0;
  /** So many bytes must have come before it is worth looking for an answer. */
  let neededBytes = 0;
  let changed = Promise.withResolvers<void>();
  let isClosed = false;
  const note = () => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  const close = () => {
    isClosed = true;
    note();
  };
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    receivedBytes += chunk.length;
    note();
  });
  socket.pause();
  // A reset is a way to be closed like others.
  socket.on('error', close);
  socket.on('end', close);
  socket.on('close', close);

  function received(): Buffer {
    const bytes = Buffer.concat(chunks);
    chunks = [bytes];
    return bytes;
  }

  function take(): RawAnswer | undefined {
    if (receivedBytes < neededBytes) return undefined;
    const bytes = received();
    const found = findAnswer(bytes);
    neededBytes = found.bytes;
    if (found.answer === undefined) return undefined;
    chunks = [bytes.subarray(found.bytes)];
    receivedBytes -= found.bytes;
    neededBytes = 0;
    return found.answer;
  }

  async function until<Value>(found: () => Value | undefined): Promise<Value> {
    socket.resume();
    for (;;) {
      const value = found();
      if (value !== undefined) return value;
      if (isClosed) throw new Error(`The connection was closed after: ${received().toString('latin1', 0, 500)}`);
      await changed.promise;
    }
  }

  return {
    socket,
    write(data) {
      return new Promise((resolve) => {
        if (socket.destroyed) return resolve(false);
        const broken = () => resolve(false);
        socket.once('close', broken);
        socket.write(data, (error) => {
          socket.off('close', broken);
          resolve(error === undefined || error === null);
        });
      });
    },
    answer: () => until(take),
    async closed() {
      await until(() => (isClosed ? true : undefined));
      socket.destroy();
      return received();
    },
  };
}

/** The answer at the beginning, with its length, or the number of bytes that may be enough to find one. */
function findAnswer(bytes: Buffer): { readonly answer?: RawAnswer; readonly bytes: number } {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return { bytes: bytes.length + 1 };
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [nameOf(line), line.slice(line.indexOf(':') + 1).trim()]));
  const end = headEnd + 4 + Number(headers['content-length'] ?? 0);
  if (bytes.length < end) return { bytes: end };
  const body = bytes.toString('utf8', headEnd + 4, end);
  return { answer: { status: Number(statusLine.split(' ')[1]), headers, body }, bytes: end };
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(':')).toLowerCase();
}
