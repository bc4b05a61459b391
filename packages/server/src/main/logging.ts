/**
 * The log: one line an event, as JSON for machines or for a person to read. Source: contract 11 (oslo.log).
 */
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { EventEmitter } from 'node:events';
import process from 'node:process';
import type { Settings } from '../config/settings.ts';

export interface OpenLog {
  readonly log: Logger;
  /** Opens the file anew, for whoever has moved it away; without effect when the log goes to standard error. */
  reopen(): void;
}

export function openLog(settings: Settings['logging']): OpenLog {
  // One line at a time: lines that are kept back would have to be written, or waited for, when the process ends.
  const destination = pino.destination({ dest: settings.file ?? 2, mkdir: true, sync: true });
  outliveFailures(destination);
  const stream = settings.format === 'json' ? destination : readable(destination);
  const log = pino(
    {
      level: settings.debug ? 'debug' : 'info',
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return { log, reopen: () => (settings.file === null ? undefined : destination.reopen()) };
}

/** A log that cannot be written, as on a full disk, loses lines; it must not take the service along. */
function outliveFailures(destination: EventEmitter): void {
  let isTold = false;
  destination.on('error', (error: unknown) => {
    if (!isTold) process.stderr.write(`The log cannot be written and loses lines: ${String(error)}\n`);
    isTold = true;
  });
  process.stderr.on('error', () => undefined);
}

/** Turns each JSON line into `time LEVEL message key=value …`. */
function readable(destination: DestinationStream): DestinationStream {
  return { write: (line) => destination.write(readableLine(line)) };
}

function readableLine(line: string): string {
  const { time, level, message, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const details = Object.entries(rest).map(
    ([key, value]) => `${key}=${isPlain(value) ? value : JSON.stringify(value)}`,
  );
  const head = `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${String(message)}`;
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${String(err.stack)}` : '';
  return `${[head, ...details].join(' ')}${stack}\n`;
}

/** Text that cannot be taken for more than one value, whoever it came from. */
function isPlain(value: unknown): value is string {
  return typeof value === 'string' && /^[\w./:?&%,-]+$/.test(value);
}
