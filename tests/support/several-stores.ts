/**
 * A service with all that the plain one has not: stores `fast` (the default) and `slow` on disk and `mirror` on the web, a
 * cache that downloads go through, every import method of a single region; and a web server to import from.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createImageClient } from '@lucarne/client/image-client.ts';
import type { ImageClient } from '@lucarne/client/image-client.ts';
import { createTokenProvider } from '@lucarne/client/password-auth.ts';
import type { ImageView } from '@lucarne/contract/wire.ts';
import { startBadWebServer } from './bad-web-server.ts';
import type { BadWebServer } from './bad-web-server.ts';
import { loginOfCloud } from './cloud-credentials.ts';
import type { Cloud } from './openstack-cli.ts';
import { startLucarne } from './running-server.ts';
import type { RunningLucarne } from './running-server.ts';

export interface SeveralStores {
  readonly service: RunningLucarne;
  /** For what a test makes; removed at the end. */
  readonly folder: string;
  readonly admin: Cloud;
  readonly demo: Cloud;
  /** What is asked beside the client under test, as an administrator. */
  readonly client: ImageClient;
  /** Has `image.bytes` at `/good`. */
  readonly web: BadWebServer;
  readonly image: SampleImage;
  storeFolder(storeId: 'fast' | 'slow'): string;
  /** The image once nothing works on it any more. */
  settled(imageId: string): Promise<ImageView>;
  stop(): Promise<void>;
}

/** A raw image. */
export interface SampleImage {
  readonly path: string;
  readonly bytes: Buffer<ArrayBuffer>;
  readonly sha512: string;
}

const imageBytes = 300_000;
const settledWithinMilliseconds = 15_000;

export async function startWithSeveralStores(): Promise<SeveralStores> {
  const folder = await mkdtemp(join(tmpdir(), 'lucarne-several-stores-'));
  const storeFolder = (storeId: string) => join(folder, storeId);
  const bytes = Buffer.from(Array.from({ length: imageBytes }, (_, index) => (index * index) % 251));
  const image = { path: join(folder, 'image.raw'), bytes, sha512: createHash('sha512').update(bytes).digest('hex') };
  await writeFile(image.path, bytes);
  const web = await startBadWebServer(bytes);
  const service = await startLucarne({ config: configuration(storeFolder) });
  const { cloudsYaml } = service;
  const tokens = createTokenProvider(await loginOfCloud(cloudsYaml, 'lucarne'));
  const client = createImageClient({ endpoint: service.url, token: tokens.token });
  return {
    service,
    folder,
    admin: { cloudsYaml, cloud: 'lucarne' },
    demo: { cloudsYaml, cloud: 'lucarne-demo' },
    client,
    web,
    image,
    storeFolder,
    settled: (imageId) => settled(client, imageId),
    async stop() {
      await Promise.all([service.stop(), web.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folderOf: (name: string) => string): string {
  return `
[DEFAULT]
enabled_backends = fast:file, slow:file, mirror:http
image_cache_dir = ${folderOf('cache')}
show_multiple_locations = true
[paste_deploy]
flavor = pocket+caching
[glance_store]
default_backend = fast
[fast]
filesystem_store_datadir = ${folderOf('fast')}
store_description = Quick disks
[slow]
filesystem_store_datadir = ${folderOf('slow')}
[import_filtering_opts]
allowed_ports = []
[lucarne]
allowed_address_ranges = 127.0.0.0/8
`;
}

async function settled(client: ImageClient, imageId: string): Promise<ImageView> {
  for (const deadline = Date.now() + settledWithinMilliseconds; ;) {
    const image = await client.showImage(imageId);
    const { tasks } = await client.listImageTasks(imageId);
    const working = tasks.some(({ status }) => status === 'pending' || status === 'processing');
    if (!working && !('os_glance_import_task' in image)) return image;
    if (Date.now() > deadline)
      throw new Error(`Something works on the image still: ${JSON.stringify({ image, tasks })}`);
    await pause(20);
  }
}
