/**
 * A real Keystone, Debian's, on a free port and in a folder of its own: SQLite, Fernet tokens, a cache in its memory,
 * bootstrapped with an administrator and the roles admin, member, reader and service.
 *
 * It can be halted and resumed at the same address. Exactly what was started is ended.
 */
import { execFile } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { endServer, freePort, startServer, untilServing } from './child-server.ts';
import { openKeystoneAdmin } from './keystone-admin.ts';
import type { KeystoneAdmin } from './keystone-admin.ts';

export interface KeystoneOptions {
  /** Life of a token in seconds. Default: an hour. */
  readonly tokenSeconds?: number;
  /** How long behind its end a token may still be validated for a service. Default: two days. */
  readonly allowExpiredSeconds?: number;
}

export interface RunningKeystone {
  /** `http://127.0.0.1:<port>/v3` */
  readonly authUrl: string;
  readonly region: string;
  readonly admin: KeystoneAdmin;
  /** Everything its commands and the server wrote so far, one line a request included. */
  logs(): string;
  /** How many tokens it was asked to validate so far. It must be up. */
  validations(): Promise<number>;
  /** Ends the server; its data and its address stay. Safe to repeat. */
  halt(): Promise<void>;
  /** Starts it again at the same address. */
  resume(): Promise<void>;
  /** Lets it answer nothing while connections are still taken; `false` lets it go on. */
  freeze(frozen: boolean): void;
  /** Ends the server and removes its folder. Safe to repeat. */
  stop(): Promise<void>;
}

const region = 'RegionOne';
const wsgiProgram = '/usr/bin/keystone-wsgi-public';
const logDeadlineMilliseconds = 120_000;
const endDeadlineMilliseconds = 5_000;
const pollPauseMilliseconds = 100;
const run = promisify(execFile);

export async function startKeystone(options: KeystoneOptions = {}): Promise<RunningKeystone> {
  const directory = await mkdtemp(join(tmpdir(), 'lucarne-keystone-'));
  const port = await freePort();
  const authUrl = `http://127.0.0.1:${port}/v3`;
  const password = 'admin-password-of-the-tests';
  const output: string[] = [];
  let server: ChildProcess | null = null;

  const halt = async (): Promise<void> => {
    if (server !== null) await endServer(server, endDeadlineMilliseconds);
    server = null;
  };
  const resume = async (): Promise<void> => {
    server ??= serve(directory, port, output);
    await untilServing(server, () => answers(authUrl), output);
  };
  const stop = async (): Promise<void> => {
    await halt();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await configure(directory, options);
    await manage(directory, output, ['db_sync']);
    await manage(directory, output, bootstrapArguments(authUrl, password));
    await resume();
    const admin = await openKeystoneAdmin({ authUrl, password, region });
    return {
      authUrl,
      region,
      admin,
      logs: () => output.join(''),
      validations: () => countValidations(authUrl, output),
      halt,
      resume,
      freeze: (frozen) => void server?.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
      stop,
    };
  } catch (error) {
    await stop();
    throw new Error(`Keystone did not start; it wrote:\n${output.join('')}`, { cause: error });
  }
}

async function configure(directory: string, options: KeystoneOptions): Promise<void> {
  const repositories = ['fernet-keys', 'credential-keys', 'receipt-keys'];
  for (const name of repositories) {
    await mkdir(join(directory, name), { mode: 0o700 });
    await writeFile(join(directory, name, '0'), randomFernetKey(), { mode: 0o600 });
    await writeFile(join(directory, name, '1'), randomFernetKey(), { mode: 0o600 });
  }
  await writeFile(
    join(directory, 'keystone.conf'),
    `[DEFAULT]
use_stderr = true
[database]
connection = sqlite:///${join(directory, 'keystone.sqlite')}
[token]
provider = fernet
expiration = ${options.tokenSeconds ?? 3600}
allow_expired_window = ${options.allowExpiredSeconds ?? 172_800}
[fernet_tokens]
key_repository = ${join(directory, 'fernet-keys')}
[fernet_receipts]
key_repository = ${join(directory, 'receipt-keys')}
[credential]
key_repository = ${join(directory, 'credential-keys')}
[identity]
password_hash_algorithm = bcrypt
password_hash_rounds = 4
[cache]
enabled = true
backend = dogpile.cache.memory
[oslo_policy]
policy_file = ${join(directory, 'policy.yaml')}
`,
  );
}

function randomFernetKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32)))
    .toString('base64')
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

function bootstrapArguments(authUrl: string, password: string): readonly string[] {
  const urls = ['public', 'internal', 'admin'].flatMap((kind) => [`--bootstrap-${kind}-url`, authUrl]);
  return ['bootstrap', '--bootstrap-password', password, '--bootstrap-region-id', region, ...urls];
}

async function manage(directory: string, output: string[], args: readonly string[]): Promise<void> {
  const file = join(directory, 'keystone.conf');
  const { stdout, stderr } = await run('/usr/bin/keystone-manage', ['--config-file', file, ...args], {
    cwd: directory,
  });
  output.push(stdout, stderr);
}

/** One process, so that its memory is a cache for all of its threads. */
function serve(directory: string, port: number, output: string[]): ChildProcess {
  const listening = ['--http-socket', `127.0.0.1:${port}`, '--listen', '100', '--buffer-size', '65535'];
  // It ends each connection behind its answer, and clients that are not told try to use it again.
  const closing = ['--add-header', 'Connection: close'];
  const program = ['--plugin', 'python3', '--wsgi-file', wsgiProgram, '--threads', '8', '--need-app', '--die-on-term'];
  const env = {
    PATH: process.env['PATH'],
    LC_ALL: 'C.UTF-8',
    OS_KEYSTONE_CONFIG_FILES: join(directory, 'keystone.conf'),
  };
  return startServer(
    { program: '/usr/bin/uwsgi', args: [...listening, ...closing, ...program], directory, env },
    output,
  );
}

async function answers(authUrl: string): Promise<boolean> {
  const answer = await fetch(authUrl, { signal: AbortSignal.timeout(10_000) }).catch(() => null);
  await answer?.body?.cancel();
  return answer?.status === 200;
}

/** Lines are written behind the answers, so that the line of one more request is waited for. */
async function countValidations(authUrl: string, output: readonly string[]): Promise<number> {
  const mark = `last=${randomUUID()}`;
  const answer = await fetch(`${authUrl}?${mark}`);
  await answer.body?.cancel();
  const deadline = Date.now() + logDeadlineMilliseconds;
  for (;;) {
    const written = output.join('');
    if (written.includes(mark)) return written.split('GET /v3/auth/tokens').length - 1;
    if (Date.now() > deadline) throw new Error(`Keystone did not log a request; it wrote:\n${written}`);
    await pause(pollPauseMilliseconds);
  }
}
