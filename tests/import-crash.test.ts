/**
 * Imports whose process is killed (SIGKILL) at the boundaries of their steps, and started again with the same data: the
 * images are active within a minute or can be imported again, and nothing else is left.
 *
 * Three imports run at a time, one of each method, to two stores. The moments are seen from outside: a file appears, or
 * the web server holds the data back. `LUCARNE_CRASHES=<n>` is the long variant: every moment, then further ones by
 * chance until there are n.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { existsSync, watch } from 'node:fs';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startImportingService } from './support/importing-service.ts';
import type { ImportingService, ShownImage } from './support/importing-service.ts';

const crashes = Number(process.env['LUCARNE_CRASHES'] ?? 0);
const bytes = randomBytes(6_000_000);
const digest = createHash('md5').update(bytes).digest('hex');
const longestStepMilliseconds = 20_000;

type Method = 'web-download' | 'glance-direct' | 'copy-image';
type Ids = Readonly<Record<Method, string>>;
type FolderName = Parameters<ImportingService['folder']>[0];

let service: ImportingService;
let web: Server;
/** Answers of which the second half is held back. */
const held: ServerResponse[] = [];
let holdsBack = false;

beforeAll(async () => {
  service = await startImportingService({ leaseSeconds: 5 });
  web = createServer((_, response) => {
    response.on('error', () => undefined).writeHead(200, { 'content-length': bytes.byteLength });
    if (!holdsBack) return void response.end(bytes);
    response.write(bytes.subarray(0, bytes.byteLength / 2), () => held.push(response));
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  web.closeAllConnections();
  web.close();
  await service.stop();
});

interface Moment {
  readonly name: string;
  /** Resolves when it has come; to be asked before the imports begin. */
  come(ids: Ids): Promise<void>;
}

interface FileChange {
  readonly folder: FolderName;
  /** What its name begins with. */
  readonly begin: string;
  readonly change: 'appears' | 'disappears';
}

/** Kills the process of the service as soon as a file has come or gone. */
function killAtChange(of: ImportingService, { folder, begin, change }: FileChange): Promise<void> {
  const path = of.folder(folder);
  return new Promise((resolve, reject) => {
    const watcher = watch(path, (_, name) => {
      if (name === null || !name.startsWith(begin) || existsSync(join(path, name)) !== (change === 'appears')) return;
      end();
      // Here and now: a moment later the next step has begun.
      of.running().process.kill('SIGKILL');
      resolve();
    });
    const impatience = setTimeout(() => {
      end();
      reject(new Error(`${begin} in ${folder} never ${change}.`));
    }, longestStepMilliseconds);
    function end(): void {
      watcher.close();
      clearTimeout(impatience);
    }
  });
}

function writing(method: Method, folder: FolderName): Moment {
  const come = (ids: Ids) => killAtChange(service, { folder, begin: `.${ids[method]}.`, change: 'appears' });
  return { name: `${method} begins to write to ${folder}`, come };
}

function written(method: Method, folder: FolderName): Moment {
  const come = (ids: Ids) => killAtChange(service, { folder, begin: ids[method], change: 'appears' });
  return { name: `${method} has written to ${folder}`, come };
}

function tidied(method: Method): Moment {
  const come = (ids: Ids) => killAtChange(service, { folder: 'staging', begin: ids[method], change: 'disappears' });
  return { name: `${method} removes the staged data`, come };
}

const halfFetched: Moment = {
  name: 'web-download has half of the data',
  async come() {
    holdsBack = true;
    await expect.poll(() => held.length, { timeout: longestStepMilliseconds }).toBe(1);
  },
};

function after(milliseconds: number): Moment {
  return { name: `${milliseconds} ms have passed`, come: () => pause(milliseconds) };
}

const everyMoment: readonly Moment[] = [
  halfFetched,
  writing('web-download', 'staging'),
  written('web-download', 'staging'),
  writing('copy-image', 'staging'),
  written('copy-image', 'staging'),
  ...(['web-download', 'glance-direct'] as const).flatMap((method) => [
    writing(method, 'fast'),
    written(method, 'fast'),
    writing(method, 'slow'),
    written(method, 'slow'),
    tidied(method),
  ]),
  writing('copy-image', 'slow'),
  written('copy-image', 'slow'),
  tidied('copy-image'),
];
const someMoments = [halfFetched, written('copy-image', 'slow')];
const byChance = Array.from({ length: Math.max(0, crashes - everyMoment.length) }, () => after(randomInt(600)));
const moments = crashes === 0 ? someMoments : [...everyMoment, ...byChance].slice(0, crashes);

async function prepare(): Promise<Ids> {
  const [download, direct, copy] = [await service.create(), await service.create(), await service.create()];
  await service.request(`PUT /v2/images/${direct}/stage`, 204, bytes);
  await service.request(`PUT /v2/images/${copy}/file`, 204, bytes);
  return { 'web-download': download, 'glance-direct': direct, 'copy-image': copy };
}

function startImport(method: Method, id: string): Promise<unknown> {
  const { port } = web.address() as AddressInfo;
  const source = method === 'web-download' ? { uri: `http://127.0.0.1:${port}/disk.raw` } : {};
  const stores = method === 'copy-image' ? ['slow'] : ['fast', 'slow'];
  return service.request(`POST /v2/images/${id}/import`, 202, { method: { name: method, ...source }, stores });
}

function storesOf(image: ShownImage): readonly string[] {
  const { stores = '' } = image;
  return String(stores).split(',').toSorted();
}

function isImported(image: ShownImage): boolean {
  return image.status === 'active' && storesOf(image).join() === 'fast,slow';
}

/** What a client does that finds an import without effect. */
async function importAgain(method: Method, image: ShownImage): Promise<ShownImage> {
  expect(image.status).toBeOneOf(
    { 'web-download': ['queued'], 'glance-direct': ['queued', 'uploading'], 'copy-image': ['active'] }[method],
  );
  if (method === 'glance-direct' && image.status === 'queued') {
    await service.request(`PUT /v2/images/${image.id}/stage`, 204, bytes);
  }
  await startImport(method, image.id);
  return service.settled(image.id);
}

async function checkRecovery(method: Method, id: string): Promise<void> {
  const found = await service.settled(id);
  const task = await service.lastTask(id);
  if (task !== undefined) {
    expect(task.status).toBeOneOf(['success', 'failure']);
    if (task.status === 'failure') expect(task.message).toMatch(/\w/);
  }
  const image = isImported(found) ? found : await importAgain(method, found);
  expect(image).toMatchObject({ status: 'active', size: bytes.byteLength, checksum: digest });
  expect(image).toMatchObject({ os_glance_importing_to_stores: '', os_glance_failed_import: '' });
  expect(storesOf(image)).toEqual(['fast', 'slow']);
  expect((await service.download(id)).equals(bytes)).toBe(true);
}

describe('After a kill at the moment when', () => {
  test.each(moments.map((moment) => [moment.name, moment] as const))('%s, all imports end well', async (_, moment) => {
    const ids = await prepare();
    const come = moment.come(ids);
    const methods = Object.entries(ids) as readonly (readonly [Method, string])[];
    // Those that are cut off are asked for again afterwards.
    const asked = Promise.allSettled(methods.map(([method, id]) => startImport(method, id)));
    await come;
    await service.kill();
    await asked;
    holdsBack = false;
    for (const response of held.splice(0)) response.destroy();

    await service.restart();
    await Promise.all(methods.map(([method, id]) => checkRecovery(method, id)));
    const images = Object.values(ids);
    const stored = images.flatMap((id) => [`fast/${id}`, `slow/${id}`]);
    expect((await service.files()).toSorted()).toEqual(stored.toSorted());
    for (const id of images) await service.request(`DELETE /v2/images/${id}`, 204);
    expect(await service.files()).toEqual([]);
  });
});

test('A node that dies with staged data does not hold up the others: queued with the reason, and nothing is left', async () => {
  const other = await startImportingService({ leaseSeconds: 5, selfUrl: 'http://127.0.0.1:1', nodeOf: service });
  try {
    const id = await other.create();
    await other.request(`PUT /v2/images/${id}/stage`, 204, bytes);
    const begun = killAtChange(other, { folder: 'fast', begin: `.${id}.`, change: 'appears' });
    await other.request(`POST /v2/images/${id}/import`, 202, { method: { name: 'glance-direct' } });
    await begun;
    await other.kill();
    // What it had staged cannot be reached by anybody until it comes back.
    const image = await service.settled(id);
    expect(image).toMatchObject({ status: 'queued', os_glance_failed_import: 'fast', size: null });
    expect((await service.lastTask(id))?.message).toContain('stage them again');
    expect(await service.files()).toEqual([]);
    expect(await other.files()).toEqual([`staging/${id}`]);

    await other.restart();
    await expect.poll(() => other.files(), { timeout: longestStepMilliseconds }).toEqual([]);
    await service.request(`DELETE /v2/images/${id}`, 204);
  } finally {
    await other.stop();
  }
});
