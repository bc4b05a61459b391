/**
 * One connection to a memcached, in its text protocol: requests go out as they come, answers come in their order.
 * What is not understood, or does not come in time, ends the connection with all that wait on it.
 */
import { connect as connectPlain } from 'node:net';
import type { NetConnectOpts, Socket } from 'node:net';
import { connect as connectEncrypted } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';

/** The server is there, and of no use; another connection would be of none either. */
export class MemcachedTrouble extends Error {}

export interface MemcachedTls extends SecureContextOptions {
  readonly servername?: string;
}

export interface MemcachedConnectionOptions {
  readonly address: NetConnectOpts;
  /** Null talks in clear. */
  readonly tls: MemcachedTls | null;
  /** For the connection, and for each answer. */
  readonly patienceSeconds: number;
  /** Called once, when the connection is of no more use. */
  readonly onEnd: (reason: Error) => void;
}

export interface MemcachedConnection {
  /** Null when there is no such key. Rejects with the reason when the connection ends. */
  get(key: string): Promise<Buffer | null>;
  /** Resolves with false when the server does not want it. */
  set(key: string, value: Buffer, seconds: number): Promise<boolean>;
  close(): void;
}

const lineEnd = '\r\n';
/** The longest line that makes sense; data are no lines. */
const longestLine = 1024;
/** More than any server that is not told otherwise takes, and not more than it is well to hold. */
const mostValueBytes = 16 * 1024 * 1024;

interface Parsed<T> {
  readonly value: T;
  /** Bytes that the answer is of. */
  readonly taken: number;
}

/** Reads an answer from what has come in; null when there is more to come. Throws at nonsense. */
type Parse<T> = (received: Buffer) => Parsed<T> | null;

export function openMemcachedConnection(options: MemcachedConnectionOptions): MemcachedConnection {
  const { address, tls, patienceSeconds, onEnd } = options;
  const answers = expectAnswers(patienceSeconds, end);
  const socket: Socket = tls === null ? connectPlain(address) : connectEncrypted({ ...address, ...tls });
  let endedBy: Error | null = null;

  function end(reason: Error): void {
    if (endedBy !== null) return;
    endedBy = reason;
    socket.destroy();
    answers.fail(reason);
    onEnd(reason);
  }

  function ask<T>(request: readonly (string | Buffer)[], parse: Parse<T>): Promise<T> {
    if (endedBy !== null) return Promise.reject(endedBy);
    const answer = answers.next(parse);
    socket.write(Buffer.concat(request.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))));
    return answer;
  }

  // A cache keeps no process alive.
  socket.unref().setNoDelay(true);
  socket.on('data', (chunk) => answers.receive(chunk));
  socket.once('error', end);
  socket.once('close', () => end(new Error('the server has closed the connection')));
  return {
    get: (key) => ask([`get ${key}${lineEnd}`], (received) => parseValue(key, received)),
    set: (key, value, seconds) =>
      ask([`set ${key} 0 ${seconds} ${value.length}${lineEnd}`, value, lineEnd], parseStored),
    close: () => end(new Error('closed')),
  };
}

interface Waiting {
  /** The bytes taken, or null when there is more to come. */
  readonly take: (received: Buffer) => number | null;
  readonly fail: (reason: Error) => void;
  readonly sinceMilliseconds: number;
}

/** Gives what comes in to those that wait, in their order; `end` learns when it makes no sense or does not come in time. */
function expectAnswers(patienceSeconds: number, end: (reason: Error) => void) {
  const waiting: Waiting[] = [];
  let received: Buffer = Buffer.alloc(0);
  let patience: NodeJS.Timeout | undefined;

  /** Who is first has waited longest. */
  function watch(): void {
    clearTimeout(patience);
    const [first] = waiting;
    if (first === undefined) return;
    const left = first.sinceMilliseconds + patienceSeconds * 1000 - performance.now();
    const lose = () => end(new MemcachedTrouble(`no answer within ${patienceSeconds} seconds`));
    patience = setTimeout(lose, Math.max(0, left));
    patience.unref();
  }

  function takeAll(): void {
    while (received.length > 0) {
      const [first] = waiting;
      if (first === undefined) throw new MemcachedTrouble('it answers what nobody asked for');
      const taken = first.take(received);
      if (taken === null) return;
      received = received.subarray(taken);
      waiting.shift();
    }
  }

  return {
    next<T>(parse: Parse<T>): Promise<T> {
      return new Promise((resolve, reject) => {
        const take = (bytes: Buffer): number | null => {
          const parsed = parse(bytes);
          if (parsed === null) return null;
          resolve(parsed.value);
          return parsed.taken;
        };
        waiting.push({ take, fail: reject, sinceMilliseconds: performance.now() });
        if (waiting.length === 1) watch();
      });
    },
    receive(chunk: Buffer): void {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      try {
        takeAll();
        watch();
      } catch (error) {
        end(error instanceof Error ? error : new Error(String(error)));
      }
    },
    fail(reason: Error): void {
      clearTimeout(patience);
      for (const each of waiting.splice(0)) each.fail(reason);
    },
  };
}

function parseStored(received: Buffer): Parsed<boolean> | null {
  const line = firstLine(received);
  if (line === null) return null;
  if (line !== 'STORED' && !isRefusal(line)) throw nonsense(line);
  return { value: line === 'STORED', taken: line.length + lineEnd.length };
}

/**
 * `VALUE key flags bytes`, the bytes, `END`; or `END` alone. What has flags is not text, and not ours. A value of another
 * key is nonsense: whoever asks for a token must never be given what was said of another.
 */
function parseValue(key: string, received: Buffer): Parsed<Buffer | null> | null {
  const line = firstLine(received);
  if (line === null) return null;
  if (line === 'END' || isRefusal(line)) return { value: null, taken: line.length + lineEnd.length };
  const [, name, flags, length] = /^VALUE (\S+) (\d+) (\d+)$/.exec(line) ?? [];
  if (name !== key || Number(length) > mostValueBytes) throw nonsense(line);
  const start = line.length + lineEnd.length;
  const stop = start + Number(length);
  const rest = `${lineEnd}END${lineEnd}`;
  if (received.length < stop + rest.length) return null;
  if (received.toString('latin1', stop, stop + rest.length) !== rest) throw nonsense('a value without its end');
  return { value: flags === '0' ? Buffer.from(received.subarray(start, stop)) : null, taken: stop + rest.length };
}

function firstLine(received: Buffer): string | null {
  const end = received.indexOf(lineEnd);
  if (end > longestLine || (end < 0 && received.length > longestLine)) throw nonsense('a line without an end');
  return end < 0 ? null : received.toString('latin1', 0, end);
}

/** What a server says that is well and does not do it this time. */
function isRefusal(line: string): boolean {
  return line === 'NOT_STORED' || line.startsWith('SERVER_ERROR');
}

/** What came may be another's data, so that it is not repeated. */
function nonsense(line: string): MemcachedTrouble {
  return new MemcachedTrouble(
    /^(ERROR|CLIENT_ERROR)\b/.test(line) ? `it answers ${line}` : 'it does not speak like a memcached',
  );
}
