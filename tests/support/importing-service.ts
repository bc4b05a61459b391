/**
 * A service that imports to the stores `fast` and `slow`, the requests an import takes, and a look at what it keeps on
 * disk. It can be killed and started again with the same data.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startLucarne } from './running-server.ts';
import type { RunningLucarne } from './running-server.ts';

const caller = {
  'x-identity-status': 'Confirmed',
  'x-user-id': 'u',
  'x-project-id': 'p',
  'x-roles': 'admin,member,reader',
};

export type ShownImage = Readonly<Record<string, unknown>> & { readonly id: string; readonly status: string };

export interface ShownTask {
  readonly status: string;
  readonly message: string;
}

export interface ImportingService {
  running(): RunningLucarne;
  /** Ends the process at once, as a power failure would. */
  kill(): Promise<void>;
  /** Starts another one with the same data. */
  restart(): Promise<void>;
  /** Creates an image whose formats are set; gives its id. */
  create(): Promise<string>;
  /** Raises unless the answer has that status. */
  request(line: string, expected: number, body?: string | Uint8Array<ArrayBuffer> | object): Promise<Response>;
  show(id: string): Promise<ShownImage>;
  lastTask(id: string): Promise<ShownTask | undefined>;
  /** The image once nothing works on it any more. */
  settled(id: string, withinMilliseconds?: number): Promise<ShownImage>;
  download(id: string): Promise<Buffer>;
  folder(name: 'fast' | 'slow' | 'staging'): string;
  /** Names of all files in the stores and the staging area. */
  files(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface ImportingOptions {
  readonly leaseSeconds?: number;
  readonly idleTimeoutSeconds?: number;
  readonly sizeCapBytes?: number;
  /** URL the service says is its own. */
  readonly selfUrl?: string;
  /** Makes it a second node of that service: with its database and its stores, and a staging area of its own. */
  readonly nodeOf?: ImportingService;
}

const pollMilliseconds = 20;
const recoveredWithinMilliseconds = 60_000;

export async function startImportingService(options: ImportingOptions = {}): Promise<ImportingService> {
  const directory = await mkdtemp(join(tmpdir(), 'lucarne-imports-'));
  const { nodeOf } = options;
  const folder: ImportingService['folder'] = (name) =>
    nodeOf === undefined || name === 'staging' ? join(directory, name) : nodeOf.folder(name);
  const config = configuration(folder, options);
  for (const name of ['fast', 'slow', 'staging'] as const) await mkdir(folder(name), { recursive: true });
  let service = await startLucarne({ config, directory });

  async function request(line: string, expected: number, body?: string | Uint8Array<ArrayBuffer> | object) {
    const [method = '', path = ''] = line.split(' ');
    const isData = typeof body === 'string' || body instanceof Uint8Array;
    const content = isData ? 'application/octet-stream' : 'application/json';
    const answer = await fetch(`${service.url}${path}`, {
      method,
      headers: { ...caller, ...(body === undefined ? {} : { 'content-type': content }) },
      ...(body === undefined ? {} : { body: isData ? body : JSON.stringify(body) }),
    });
    if (answer.status !== expected) throw new Error(`${line}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  // What the service says; a test that expects something else of it fails on it.
  const shown = async <T>(path: string): Promise<T> => (await (await request(`GET ${path}`, 200)).json()) as T;
  const show = (id: string) => shown<ShownImage>(`/v2/images/${id}`);

  return {
    running: () => service,
    kill: () => service.halt('SIGKILL'),
    async restart() {
      service = await startLucarne({ config, directory });
    },
    request,
    async create() {
      const answer = await request('POST /v2/images', 201, { disk_format: 'raw', container_format: 'bare' });
      return ((await answer.json()) as ShownImage).id;
    },
    show,
    async lastTask(id) {
      return (await shown<{ tasks: readonly ShownTask[] }>(`/v2/images/${id}/tasks`)).tasks.at(-1);
    },
    async settled(id, withinMilliseconds = recoveredWithinMilliseconds) {
      for (const deadline = Date.now() + withinMilliseconds; ;) {
        const image = await show(id);
        if (!('os_glance_import_task' in image)) return image;
        if (Date.now() > deadline) throw new Error(`The import did not end: ${JSON.stringify(image)}`);
        await pause(pollMilliseconds);
      }
    },
    async download(id) {
      return Buffer.from(await (await request(`GET /v2/images/${id}/file`, 200)).arrayBuffer());
    },
    folder,
    async files() {
      const names = (['fast', 'slow', 'staging'] as const).map(async (name) =>
        (await readdir(folder(name))).map((file) => `${name}/${file}`),
      );
      return (await Promise.all(names)).flat();
    },
    async stop() {
      await service.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function configuration(
  folder: ImportingService['folder'],
  { leaseSeconds = 30, idleTimeoutSeconds = 60, sizeCapBytes = 2 ** 40, selfUrl, nodeOf }: ImportingOptions,
): string {
  return `[DEFAULT]
enabled_backends = fast:file, slow:file
image_size_cap = ${sizeCapBytes}
${selfUrl === undefined ? '' : `worker_self_reference_url = ${selfUrl}`}
${nodeOf === undefined ? '' : `[database]\nconnection = sqlite:///${join(nodeOf.running().dataDirectory, 'lucarne.sqlite')}`}
[paste_deploy]
flavor = trusted-auth
[glance_store]
default_backend = fast
[fast]
filesystem_store_datadir = ${folder('fast')}
[slow]
filesystem_store_datadir = ${folder('slow')}
[os_glance_staging_store]
filesystem_store_datadir = ${folder('staging')}
[import_filtering_opts]
allowed_ports = []
[lucarne]
allowed_address_ranges = 127.0.0.0/8
upload_lease_seconds = ${leaseSeconds}
import_idle_timeout_seconds = ${idleTimeoutSeconds}
`;
}
