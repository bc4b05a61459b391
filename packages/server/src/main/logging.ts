/**
 * The log: one line an event, as JSON for machines or for a person to read. Source: contract 11 (oslo.log).
 */
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { Settings } from '../config/settings.ts';

export function createLog(settings: Settings['logging']): Logger {
  const destination = pino.destination({ dest: settings.file ?? 2, mkdir: true, sync: settings.file === null });
  const stream = settings.format === 'json' ? destination : readable(destination);
  return pino(
    {
      level: settings.debug ? 'debug' : 'info',
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}

/** Turns each JSON line into `time LEVEL message key=value …`. */
function readable(destination: DestinationStream): DestinationStream {
  return { write: (line) => destination.write(readableLine(line)) };
}

function readableLine(line: string): string {
  const { time, level, message, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const details = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const head = `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${String(message)}`;
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${String(err.stack)}` : '';
  return `${[head, ...details].join(' ')}${stack}\n`;
}
