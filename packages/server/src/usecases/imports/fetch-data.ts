/**
 * The first step of an import: the data into the staging area, from wherever the method gets them. The data of
 * glance-direct are there already. Source: contract 04 §5.
 */
import { badRequest, conflict, isImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { DataHash } from '../../ports/data-hasher.ts';
import type { ObjectReader, ObjectWriter } from '../../ports/image-store.ts';
import type { TaskStep } from '../../ports/image-work-repository.ts';
import { findAllowance } from '../image-data/allowance.ts';
import { openFirstReadable } from '../image-data/download.ts';
import { receiveData } from '../image-data/receive.ts';
import type { ServiceParts } from '../service-parts.ts';
import type { DataSource } from './data-source.ts';
import { attemptIdOf } from './import-attempts.ts';
import { leftForStaging, reserveStaging, stagingWriter } from './import-limits.ts';
import { openRemoteImage } from './remote-image.ts';
import type { RunningImport } from './running-import.ts';
import { isStagedHere } from './staged-data.ts';

const mebibyte = 1024 * 1024;

export async function fetchData(parts: ServiceParts, run: RunningImport): Promise<void> {
  const progress = run.progress();
  const { imageId } = run.lease.work();
  if (progress.staged) {
    if (await isStagedHere(parts, imageId, progress)) return;
    requireRepeatable(run);
  }
  const image = await run.image();
  const step = (await isCopiedAlready(parts, run, image))
    ? await keepStaged(parts, run, image)
    : await stage(parts, run, await openSource(parts, run, image));
  await run.record({ staged: true, node: parts.selfUrl }, step);
}

/** The data count as those of this import from now on. */
async function keepStaged(parts: ServiceParts, run: RunningImport, { sizeBytes }: Image): Promise<TaskStep> {
  await reserveStaging(parts, run, sizeBytes ?? 0);
  return {};
}

/** What only a node had that is gone cannot be had again, nor what was done to it there. */
function requireRepeatable({ order, progress }: RunningImport): void {
  if (order.method === 'glance-direct') {
    throw conflict('The staged data are not on the node that imports them; stage them again.');
  }
  if (progress().plugins === 0) return;
  throw conflict('The node that had fetched the data and begun to work on them is gone; import again.');
}

/** A copy that failed leaves the data in the staging area, for the next try. */
async function isCopiedAlready(parts: ServiceParts, run: RunningImport, image: Image): Promise<boolean> {
  if (run.order.method !== 'copy-image' || image.sizeBytes === null) return false;
  return (await parts.staging.sizeOf({ imageId: image.id, stage: null })) === image.sizeBytes;
}

async function openSource(parts: ServiceParts, run: RunningImport, image: Image): Promise<DataSource> {
  switch (run.order.method) {
    case 'web-download':
      return parts.web.open({ url: run.order.uri ?? '', signal: run.signal });
    case 'glance-download':
      return openRemoteImage(parts, run, image);
    case 'copy-image':
      return openCopy(parts, image);
    case 'glance-direct':
      throw badRequest('Data of glance-direct are staged, not fetched.');
  }
}

/** From the default store when it has a copy, else from any other. */
async function openCopy(parts: ServiceParts, image: Image): Promise<DataSource> {
  const reader = await openFirstReadable(parts, image, [parts.stores.default.id]);
  if (reader === null) throw conflict('None of the stores has the data of the image any more.');
  return {
    sizeBytes: reader.sizeBytes,
    chunks: () => wholeOf(reader),
    close: () => reader.close(),
  };
}

/** All bytes of an object, of an empty one too. */
export async function* wholeOf(reader: ObjectReader): AsyncGenerator<Uint8Array> {
  if (reader.sizeBytes > 0) yield* reader.chunks(0, reader.sizeBytes - 1);
}

/** Gives what becomes of the image, and of what was reserved. */
async function stage(parts: ServiceParts, run: RunningImport, source: DataSource): Promise<TaskStep> {
  const { imageId } = run.lease.work();
  let writer: ObjectWriter | undefined;
  try {
    const { sizeBytes: expectedBytes } = source;
    const allowance = findAllowance(parts, expectedBytes);
    if (expectedBytes !== null) await reserveStaging(parts, run, expectedBytes);
    // What an attempt that died left behind would be in the way.
    await parts.staging.removeAll(imageId, run.lease.isHeld);
    writer = parts.staging.write({ imageId, stage: null }, attemptIdOf(run));
    await writer.open();
    const limits = { expectedBytes, maximum: allowance, proceed: run.proceed };
    const reserved = expectedBytes === null ? await stagingWriter(parts, run, writer) : writer;
    const body = toldOf(run, source.chunks());
    const sizeBytes = await receive(parts, { body, writer: reserved, limits, digests: source.digests });
    await run.confirm();
    await writer.commit();
    const { takenOver: image } = source;
    return { ...(image === undefined ? {} : { image }), leavesReserved: leftForStaging(parts, sizeBytes) };
  } catch (error) {
    await writer?.abort();
    throw error;
  } finally {
    await source.close();
  }
}

interface Reception {
  readonly body: AsyncIterable<Uint8Array>;
  readonly writer: ObjectWriter;
  readonly limits: Parameters<typeof receiveData>[2];
  readonly digests: DataSource['digests'];
}

/** Writes the data and gives their size; those that are not what they should be raise `conflict`. */
async function receive(parts: ServiceParts, { body, writer, limits, digests }: Reception): Promise<number> {
  const known = digests === undefined ? null : startHash(parts, digests);
  const receivers = { hasher: parts.hasher, hash: known?.hash ?? null, writer, inspection: null };
  try {
    const sizeBytes = await receiveData(receivers, body, limits);
    if (known === null || digests === undefined) return sizeBytes;
    const found = await known.hash.digest();
    const isSame =
      (digests.checksum === null || digests.checksum === found.checksum) &&
      (known.value === null || known.value === found.hashValue);
    if (!isSame) throw conflict('The data that came do not have the hash that the record of the image tells.');
    return sizeBytes;
  } catch (error) {
    known?.hash.abort();
    throw error;
  }
}

/** The hash that shows whether the data are the right ones; null when nothing is known of them. */
function startHash(
  { hasher }: ServiceParts,
  { checksum, hash }: NonNullable<DataSource['digests']>,
): { readonly hash: DataHash; readonly value: string | null } | null {
  if (hash !== null) {
    try {
      return { hash: hasher.start(hash.algorithm), value: hash.value };
    } catch (error) {
      // An algorithm of the other service that this one does not know; MD5 has to do.
      if (!isImageServiceError(error, 'internal')) throw error;
    }
  }
  return checksum === null ? null : { hash: hasher.start('md5'), value: null };
}

/** The data, while the task says how much of them came. */
export async function* toldOf(run: RunningImport, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    run.tell(`Copied ${Math.floor(bytes / mebibyte)} MiB`);
    yield chunk;
  }
}
