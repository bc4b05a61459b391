/** A consumer of notifications that is not ours: a Python program with the stock library pika. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** One message as it came. */
export interface BusMessage {
  readonly exchange: string;
  readonly routing_key: string;
  readonly content_type: string;
  readonly content_encoding: string;
  readonly delivery_mode: number;
  readonly correlation_id: string | null;
  readonly body: string;
}

export interface AmqpConsumer {
  /** Everything that came so far, in order. */
  readonly messages: readonly BusMessage[];
  /** Waits until that holds of the messages. */
  until(holds: (messages: readonly BusMessage[]) => boolean): Promise<void>;
  stop(): Promise<void>;
}

const script = join(import.meta.dirname, 'amqp-consumer.py');
const deadlineMilliseconds = 120_000;

export function startConsumer(port: number, queues: readonly string[]): AmqpConsumer {
  const child = spawn('/usr/bin/python3', [script, '127.0.0.1', String(port), ...queues], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const messages: BusMessage[] = [];
  const complaints: string[] = [];
  createInterface(child.stdout).on('line', (line) => messages.push(JSON.parse(line) as BusMessage));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => complaints.push(chunk));
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    messages,
    async until(holds) {
      for (const deadline = Date.now() + deadlineMilliseconds; !holds(messages); await pause(20)) {
        if (child.exitCode === null && Date.now() < deadline) continue;
        const last = messages.at(-1)?.body ?? 'none';
        throw new Error(`${messages.length} messages came, the last: ${last}\n${complaints.join('')}`);
      }
    },
    async stop() {
      process.off('exit', kill);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
