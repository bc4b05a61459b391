/** Debian's memcached on a free port, in memory alone. Exactly what was started is ended. */
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { endServer, freePort, startServer, untilServing } from './child-server.ts';

export interface RunningMemcached {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** A line of its protocol, and what it answers up to `END`. */
  ask(line: string): Promise<string>;
  /** Safe to repeat. */
  stop(): Promise<void>;
}

const endDeadlineMilliseconds = 5_000;

export async function startMemcached(): Promise<RunningMemcached> {
  const port = await freePort();
  const output: string[] = [];
  // The user is the one it becomes when root starts it.
  const args = ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-u', 'nobody'];
  const server = { program: '/usr/bin/memcached', args, directory: tmpdir(), env: {} };
  const child = startServer(server, output);
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
  const isServing = (): Promise<boolean> =>
    ask('stats').then(
      () => true,
      () => false,
    );
  await untilServing(child, isServing, output);
  return { address: `127.0.0.1:${port}`, ask, stop: () => endServer(child, endDeadlineMilliseconds) };
}
