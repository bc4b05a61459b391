/** A service with several stores, and a web server beside it to import from. */
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { show } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService, RunOptions } from './running-service.testing.ts';

export interface SeveralStores extends RunningService {
  /** Folder of the objects of a store. */
  storeFolderOf(storeId: string): string;
}

/** Stores `fast` (the default), `slow` and `spare` are files, `mirror` is the web; imports may come from this machine. */
export async function runWithSeveralStores(options: RunOptions = {}): Promise<SeveralStores> {
  const folder = mkdtempSync(join(tmpdir(), 'lucarne-stores-'));
  const files = ['fast', 'slow', 'spare'];
  const config = `
enabled_backends = fast:file, slow:file, spare:file, mirror:http
${options.config ?? ''}
[glance_store]
default_backend = fast
${files.map((id) => `[${id}]\nfilesystem_store_datadir = ${join(folder, id)}`).join('\n')}
[slow]
store_description = NFS pool
weight = 10
[import_filtering_opts]
allowed_ports = []
[lucarne]
allowed_address_ranges = 127.0.0.0/8
`;
  const service = await runService({ ...options, config });
  return {
    ...service,
    storeFolderOf: (storeId) => join(folder, storeId),
    async close() {
      await service.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface TestWebServer {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  close(): void;
}

export async function serveWeb(listener: RequestListener): Promise<TestWebServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The image once no task works on it any more. */
export async function settled(service: RunningService, id: string): Promise<Record<string, unknown>> {
  for (const deadline = Date.now() + 10_000; ;) {
    const image = await show(service, id);
    if (!('os_glance_import_task' in image)) return image;
    if (Date.now() > deadline) throw new Error(`The import did not end: ${JSON.stringify(image)}`);
    await pause(10);
  }
}
