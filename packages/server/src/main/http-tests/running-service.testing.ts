/**
 * The real service in this process for the HTTP tests: composed as `lucarne serve` composes it, with a database in
 * memory, a store in a temporary folder and identity headers instead of tokens, listening on a free port.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadText, settingsOf } from '../../config/load-configuration.testing.ts';
import type { ServiceParts } from '../../usecases/service-parts.ts';
import { compose } from '../compose.ts';
import { openClient } from './http-client.testing.ts';
import type { Answer, HttpClient, RequestOptions } from './http-client.testing.ts';

/** One line of the log, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface RunningService {
  readonly port: number;
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** Folder of everything the service keeps. */
  readonly folder: string;
  /** Folder of the stored objects. */
  readonly storeFolder: string;
  /** Everything logged so far. */
  readonly log: readonly LogLine[];
  readonly parts: ServiceParts;
  /** Sends `METHOD /path`, by default as a member of project p1. */
  send(request: string, options?: RequestOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface RunOptions {
  /** Lines for `[DEFAULT]`, then other sections. */
  readonly config?: string;
  /** `trusted-auth` when left out; with `pocket` and `keystone` the personas are strangers. */
  readonly flavor?:
    'keystone' | 'trusted-auth' | 'trusted-auth+caching' | 'trusted-auth+cachemanagement' | 'pocket' | 'none';
  /** Whether there is an image cache, in `cache` of the folder. */
  readonly withCache?: boolean;
  readonly overrides?: Partial<ServiceParts>;
  /** A folder that is there already; it is left alone at the end. */
  readonly folder?: string;
  /** Of a service of several nodes: what they share, instead of a database in memory and a store in `folder`. */
  readonly shared?: { readonly databaseFile: string; readonly storeFolder: string };
  /** Any free port when left out. */
  readonly port?: number;
}

export async function runService(options: RunOptions = {}): Promise<RunningService> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'lucarne-http-'));
  const storeFolder = options.shared?.storeFolder ?? join(folder, 'images');
  const text = `[DEFAULT]
node_staging_uri = file://${join(folder, 'staging')}
${options.withCache === true ? `image_cache_dir = ${join(folder, 'cache')}` : ''}
${options.config ?? ''}
[paste_deploy]
flavor = ${options.flavor ?? 'trusted-auth'}
[lucarne]
data_dir = ${folder}
[database]
connection = sqlite://${options.shared === undefined ? '' : `/${options.shared.databaseFile}`}
[task]
work_dir = ${join(folder, 'tasks')}
[os_glance_staging_store]
filesystem_store_datadir = ${join(folder, 'staging')}
[os_glance_tasks_store]
filesystem_store_datadir = ${join(folder, 'tasks')}
[glance_store]
filesystem_store_datadir = ${storeFolder}
`;
  const log: LogLine[] = [];
  const logger = pino({ base: null, messageKey: 'message' }, { write: (line) => void log.push(JSON.parse(line)) });
  const service = await compose(settingsOf(loadText(text)), logger, options.overrides);
  await service.http.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  const { port } = service.http.server.address() as AddressInfo;
  const client: HttpClient = openClient(port);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    folder,
    storeFolder,
    log,
    parts: service.parts,
    send: client.send,
    async close() {
      client.close();
      service.http.server.closeAllConnections();
      await service.close();
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}
