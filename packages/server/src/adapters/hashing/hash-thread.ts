/** One digesting thread, seen from the main thread: requests go out as messages, answers resolve their calls. */
import { Worker } from 'node:worker_threads';
import type { HashAnswer, HashRequest } from './hash-worker.ts';

export interface HashThread {
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
  let broken: Error | undefined;

  worker.on('message', (answer: HashAnswer) => {
    const call = pending.get(answer.call);
    pending.delete(answer.call);
    if (answer.failure === undefined) call?.resolve(answer.digest);
    else call?.reject(new Error(answer.failure));
  });
  worker.on('error', (error) => {
    broken = error instanceof Error ? error : new Error(String(error));
    for (const call of pending.values()) call.reject(broken);
    pending.clear();
  });

  function post(request: HashRequest): void {
    worker.postMessage(request);
  }

  function ask(request: (call: number) => HashRequest): Promise<string | undefined> {
    if (broken !== undefined) return Promise.reject(broken);
    lastCall += 1;
    const call = lastCall;
    const answered = new Promise<string | undefined>((resolve, reject) => pending.set(call, { resolve, reject }));
    post(request(call));
    return answered;
  }

  return {
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
