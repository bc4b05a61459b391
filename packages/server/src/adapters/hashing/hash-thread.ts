/**
 * One digesting thread, seen from the main thread: requests go out as messages, answers resolve their calls. When the
 * thread ends, for whatever reason, the calls it did not answer are rejected.
 */
import { Worker } from 'node:worker_threads';
import type { HashAnswer, HashRequest } from './hash-worker.ts';

export interface HashThread {
  /** It will not answer any more; all calls are rejected. */
  readonly ended: boolean;
  start(stream: number, algorithm: string): void;
  update(stream: number, chunk: Uint8Array<SharedArrayBuffer>): Promise<void>;
  digest(stream: number): Promise<string>;
  abort(stream: number): void;
  close(): Promise<void>;
}

interface PendingCall {
  resolve(digest: string | undefined): void;
  reject(error: Error): void;
}

export function startHashThread(): HashThread {
  const worker = new Worker(new URL('./hash-worker.ts', import.meta.url));
  worker.unref();
  const pending = new Map<number, PendingCall>();
  let lastCall = 0;
  let ended: Error | undefined;

  worker.on('message', (answer: HashAnswer) => {
    const call = pending.get(answer.call);
    pending.delete(answer.call);
    if (answer.failure === undefined) call?.resolve(answer.digest);
    else call?.reject(new Error(answer.failure));
  });
  worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', () => end(new Error('The hashing thread has ended.')));

  function end(reason: Error): void {
    ended ??= reason;
    for (const call of pending.values()) call.reject(ended);
    pending.clear();
  }

  function post(request: HashRequest): void {
    worker.postMessage(request);
  }

  function ask(request: (call: number) => HashRequest): Promise<string | undefined> {
    if (ended !== undefined) return Promise.reject(ended);
    lastCall += 1;
    const call = lastCall;
    const answered = new Promise<string | undefined>((resolve, reject) => pending.set(call, { resolve, reject }));
    post(request(call));
    return answered;
  }

  return {
    get ended() {
      return ended !== undefined;
    },
    start: (stream, algorithm) => post({ kind: 'start', stream, algorithm }),
    async update(stream, chunk) {
      const { buffer: memory, byteOffset: offset, byteLength: length } = chunk;
      await ask((call) => ({ kind: 'update', stream, call, memory, offset, length }));
    },
    async digest(stream) {
      return (await ask((call) => ({ kind: 'digest', stream, call }))) ?? '';
    },
    abort: (stream) => post({ kind: 'abort', stream }),
    async close() {
      await worker.terminate();
    },
  };
}
