/**
 * Runs the clients operators use, Debian's `openstack` and `glance`, against one running service.
 *
 * They are Debian's Python programs: another python3 that comes first in PATH would not find their modules.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';

export interface Cloud {
  /** A clouds.yaml that knows `cloud`. */
  readonly cloudsYaml: string;
  /** Default: `lucarne`, the project admin. */
  readonly cloud?: string;
}

export interface ClientRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as JSON, for a command that was given `-f json`. */
  json(): unknown;
}

export interface ClientInput {
  /** What the client reads from standard input, such as an image's data. */
  readonly input?: Uint8Array | string;
  readonly timeoutMilliseconds?: number;
}

const defaultCloud = 'lucarne';
const python = '/usr/bin/python3';
const defaultTimeoutMilliseconds = 60_000;

/** `openstack --os-cloud … <args>`. A failing command is an answer, not an exception. */
export async function openstack(cloud: Cloud, args: readonly string[], input: ClientInput = {}): Promise<ClientRun> {
  const named = ['--os-cloud', cloud.cloud ?? defaultCloud, ...args];
  return runClient('/usr/bin/openstack', { env: { OS_CLIENT_CONFIG_FILE: cloud.cloudsYaml }, args: named, input });
}

/** `glance <args>`, which does not read clouds.yaml: it gets the login as environment. */
export async function glance(cloud: Cloud, args: readonly string[], input: ClientInput = {}): Promise<ClientRun> {
  return runClient('/usr/bin/glance', { env: await loginOf(cloud), args, input });
}

/** The `auth` of a cloud as `OS_…` variables. */
export async function loginOf(cloud: Cloud): Promise<Record<string, string>> {
  const document = parse(await readFile(cloud.cloudsYaml, 'utf8')) as CloudsDocument;
  const known = document.clouds[cloud.cloud ?? defaultCloud];
  if (known === undefined) throw new Error(`${cloud.cloudsYaml} does not know ${cloud.cloud ?? defaultCloud}.`);
  const variables = Object.entries(known.auth).map(([name, value]) => [`OS_${name.toUpperCase()}`, value]);
  return { ...Object.fromEntries(variables), OS_IMAGE_API_VERSION: '2', OS_REGION_NAME: known.region_name };
}

interface CloudsDocument {
  readonly clouds: Readonly<
    Record<string, { readonly auth: Readonly<Record<string, string>>; readonly region_name: string }>
  >;
}

/** The `glance` client keeps schemas there and breaks on those of another service: nobody's own, and not kept. */
const home = mkdtempSync(join(tmpdir(), 'lucarne-clients-'));
process.once('exit', () => rmSync(home, { recursive: true, force: true }));

/** What a Python client needs of the caller's environment, and what it is told. */
export function clientEnvironment(told: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    LC_ALL: 'C.UTF-8',
    PYTHONWARNINGS: 'ignore',
    ...told,
  };
}

interface Call {
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly input: ClientInput;
}

async function runClient(program: string, { env, args, input }: Call): Promise<ClientRun> {
  const child = spawn(python, [program, ...args], {
    env: clientEnvironment(env),
    timeout: input.timeoutMilliseconds ?? defaultTimeoutMilliseconds,
  });
  // A client may refuse before it has read everything: what counts is how it ends.
  child.stdin.on('error', () => {}).end(input.input ?? '');
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject).once('close', (status, signal) => {
      if (status === null) reject(new Error(`${program} ${args.join(' ')} was ended by ${signal}`));
      else resolve(status);
    });
  });
  const [status, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { status, stdout, stderr, json: () => JSON.parse(stdout) as unknown };
}
