/**
 * Debian's `glance` with all its commands in one process: a start of the program takes a second, a command a tenth of it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { clientEnvironment, loginOf } from './openstack-cli.ts';
import type { ClientRun, Cloud } from './openstack-cli.ts';

export interface GlanceCommands {
  /** `glance <args>`, without standard input. A failing command is an answer, not an exception. One at a time. */
  run(...args: readonly string[]): Promise<ClientRun>;
  stop(): Promise<void>;
}

const program = join(import.meta.dirname, 'glance-commands.py');

export async function startGlanceCommands(cloud: Cloud): Promise<GlanceCommands> {
  const child = spawn('/usr/bin/python3', [program], { env: clientEnvironment(await loginOf(cloud)) });
  const complaints = text(child.stderr);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'close');
  child.stdin.on('error', () => {});
  return {
    async run(...args) {
      child.stdin.write(`${JSON.stringify(args)}\n`);
      const { done, value } = await answers.next();
      if (done === true) throw new Error(`glance ${args.join(' ')} did not end:\n${await complaints}`);
      const answer = JSON.parse(value) as Pick<ClientRun, 'status' | 'stdout' | 'stderr'>;
      return { ...answer, json: () => JSON.parse(answer.stdout) as unknown };
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

/** The rows of a table as the program draws it, by the heads of its columns. */
export function rowsOf(table: string): readonly Readonly<Record<string, string>>[] {
  const lines = table.split('\n').filter((line) => line.startsWith('|'));
  const [heads = [], ...rows] = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return rows.map((cells) => Object.fromEntries(heads.map((head, column) => [head, cells[column] ?? ''])));
}

/** A table of the columns Property and Value as what it describes; a long value goes on in further rows. */
export function fieldsOf(table: string): Readonly<Record<string, string>> {
  const fields: [name: string, value: string][] = [];
  for (const { Property = '', Value = '' } of rowsOf(table)) {
    const last = fields.at(-1);
    if (Property === '' && last !== undefined) last[1] += ` ${Value}`;
    else fields.push([Property, Value]);
  }
  return Object.fromEntries(fields);
}
