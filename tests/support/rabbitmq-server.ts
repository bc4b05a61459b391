/**
 * A real RabbitMQ, Debian's, on free ports of the loopback and in a folder of its own.
 *
 * It can be halted and resumed at the same address, and keeps what is durable. Exactly what was started is ended, the
 * name server of Erlang included, which listens on a port of its own.
 */
import { execFile } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { endServer, freePort, startServer, untilServing } from './child-server.ts';
import { testServer } from './test-certificates.ts';

export interface RunningRabbit {
  readonly port: number;
  /** As operators write it: `rabbit://guest:guest@127.0.0.1:<port>/` */
  readonly transportUrl: string;
  /** Port for encrypted connections; the certificate is that of `test-certificates.ts`. */
  readonly tlsPort: number;
  /** Everything it wrote so far. */
  logs(): string;
  /** Ends the server; what is durable and its address stay. Safe to repeat. */
  halt(): Promise<void>;
  /** Starts it again at the same address. */
  resume(): Promise<void>;
  /** Makes it short of memory, so that it takes no more messages, or ends that. */
  starve(isStarving: boolean): Promise<void>;
  /** Ends the server and removes its folder. Safe to repeat. */
  stop(): Promise<void>;
}

/** Larger ones are refused; RabbitMQ 4 refuses those beyond 16 MiB unless it is told otherwise. */
export const longestMessageBytes = 1024 * 1024;

const serverProgram = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const controlProgram = '/usr/lib/rabbitmq/bin/rabbitmqctl';
const endDeadlineMilliseconds = 30_000;
const run = promisify(execFile);

export async function startRabbit(): Promise<RunningRabbit> {
  const directory = await mkdtemp(join(tmpdir(), 'lucarne-rabbitmq-'));
  const [port, distributionPort, namesPort] = [await freePort(), await freePort(), await freePort()];
  const env = environment(directory, { port, distributionPort, namesPort });
  const tlsPort = await freePort();
  await configure(directory, port, tlsPort);
  await writeFile(join(directory, 'enabled_plugins'), '[].\n');
  const output: string[] = [];
  let server: ChildProcess | null = null;

  const halt = async (): Promise<void> => {
    if (server !== null) await endServer(server, endDeadlineMilliseconds);
    server = null;
  };
  const resume = async (): Promise<void> => {
    server ??= startServer({ program: serverProgram, directory, env }, output);
    await untilServing(server, () => speaksAmqp(port), output);
  };
  const starve = async (isStarving: boolean): Promise<void> => {
    await run(controlProgram, ['set_vm_memory_high_watermark', isStarving ? '0' : '0.4'], { env });
  };
  const stop = async (): Promise<void> => {
    await halt();
    await run('epmd', ['-port', String(namesPort), '-kill'], { env }).catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await resume();
  } catch (error) {
    await stop();
    throw error;
  }
  const transportUrl = `rabbit://guest:guest@127.0.0.1:${port}/`;
  return { port, tlsPort, transportUrl, logs: () => output.join(''), halt, resume, starve, stop };
}

async function configure(directory: string, port: number, tlsPort: number): Promise<void> {
  const [certificate, key] = [join(directory, 'server.pem'), join(directory, 'server.key')];
  await writeFile(certificate, testServer.cert);
  await writeFile(key, testServer.key);
  await writeFile(
    join(directory, 'rabbitmq.conf'),
    `listeners.tcp.1 = 127.0.0.1:${port}
listeners.ssl.1 = 127.0.0.1:${tlsPort}
ssl_options.certfile = ${certificate}
ssl_options.keyfile = ${key}
ssl_options.verify = verify_none
max_message_size = ${longestMessageBytes}
log.console.level = info
`,
  );
}

interface Ports {
  readonly port: number;
  readonly distributionPort: number;
  readonly namesPort: number;
}

function environment(directory: string, { port, distributionPort, namesPort }: Ports): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    LC_ALL: 'C.UTF-8',
    // Where Erlang keeps its cookie.
    HOME: directory,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(namesPort),
    RABBITMQ_NODENAME: `lucarne-${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: join(directory, 'none.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(directory, 'mnesia'),
    RABBITMQ_LOG_BASE: join(directory, 'log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_PID_FILE: join(directory, 'pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    // The server itself is the child then, and not a shell that hands signals on.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
}

/** The server speaks first when a client says what protocol it speaks. */
async function speaksAmqp(port: number): Promise<boolean> {
  const socket = createConnection({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(2_000) });
    socket.write(Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]));
    await once(socket, 'data', { signal: AbortSignal.timeout(5_000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}
