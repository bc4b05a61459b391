/** Debian's memcached on a free port, in memory alone. Exactly what was started is ended. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './keystone-server.ts';

export interface RunningMemcached {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** A line of its protocol, and what it answers up to `END`. */
  ask(line: string): Promise<string>;
  /** Safe to repeat. */
  stop(): Promise<void>;
}

const startDeadlineMilliseconds = 30_000;

export async function startMemcached(): Promise<RunningMemcached> {
  const port = await freePort();
  // The user is the one it becomes when root starts it.
  const child = spawn('/usr/bin/memcached', ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-u', 'nobody']);
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const ask = (line: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\r\n`));
      let answer = '';
      socket.setEncoding('latin1').once('error', reject);
      socket.on('data', (chunk: string) => {
        answer += chunk;
        if (!answer.endsWith('END\r\n')) return;
        socket.destroy();
        resolve(answer);
      });
    });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  const deadline = Date.now() + startDeadlineMilliseconds;
  for (;;) {
    const isThere = await ask('stats').then(
      () => true,
      () => false,
    );
    if (isThere) return { address: `127.0.0.1:${port}`, ask, stop };
    if (Date.now() > deadline || child.exitCode !== null) throw new Error('memcached did not start');
    await pause(50);
  }
}
