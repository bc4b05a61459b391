/**
 * The last step of an import: the staged data into the stores, one after the other or several at a time with one
 * reading of the data. Each store that has them is written down before the next one begins. Source: contract 04 §5, §6.
 */
import { conflict, isImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { ImportOrder } from '../../domain/tasks/import-task.ts';
import type { ObjectReader, StoredObject } from '../../ports/image-store.ts';
import type { AttachedStore } from '../../ports/image-stores.ts';
import type { TaskStep } from '../../ports/image-work-repository.ts';
import { findAllowance } from '../image-data/allowance.ts';
import { tellPreparation, tellStoreFailure } from '../image-data/data-events.ts';
import { storeImageData } from '../image-data/store-data.ts';
import type { DataAttributes } from '../image-data/store-data.ts';
import { locationOf, requireStore, storeOfLocation } from '../image-locations.ts';
import type { ServiceParts } from '../service-parts.ts';
import { TaskInterrupted } from '../tasks/running-task.ts';
import { toldOf, wholeOf } from './fetch-data.ts';
import { attemptIdOf, discardAttempts } from './import-attempts.ts';
import { reserveStores } from './import-limits.ts';
import { listProperties } from './running-import.ts';
import type { RunningImport } from './running-import.ts';
import { StoreFailure, openStoreWriters } from './store-writers.ts';
import type { StoreWriters } from './store-writers.ts';

export { StoreFailure };

export async function fillStores(parts: ServiceParts, run: RunningImport): Promise<void> {
  const image = await run.image();
  const missing = run.order.stores.filter((id) => !holdsCopy(parts, image, id));
  const atOnce = run.order.method === 'copy-image' ? 1 : Math.max(1, parts.imports.maxParallelStores);
  const failed: StoreFailure[] = [];
  for (let start = 0; start < missing.length; start += atOnce) {
    const ids = missing.slice(start, start + atOnce);
    const unfilled = missing.length - start;
    failed.push(...(await fillTogether(parts, run, { ids, unfilled, isLast: unfilled <= atOnce })));
  }
  const [first] = failed;
  const filled = await run.image();
  if (first === undefined || run.order.stores.some((id) => holdsCopy(parts, filled, id))) return;
  throw new StoreFailure(run.order.stores, first.cause);
}

function holdsCopy(parts: Pick<ServiceParts, 'stores'>, image: Image, storeId: string): boolean {
  return image.locations.some((location) => storeOfLocation(parts.stores, location)?.id === storeId);
}

interface StoreGroup {
  readonly ids: readonly string[];
  /** Stores that do not have the data yet, these and those to be filled after them. */
  readonly unfilled: number;
  /** No other store is to be filled after these. */
  readonly isLast: boolean;
}

/** Gives the failures that the import goes on in spite of. */
async function fillTogether(
  parts: ServiceParts,
  run: RunningImport,
  group: StoreGroup,
): Promise<readonly StoreFailure[]> {
  run.proceed();
  const image = await run.image();
  let failed: readonly StoreFailure[];
  try {
    const { targets, unfit } = await prepareStores(parts, run, { ids: group.ids, image });
    failed = [...unfit, ...(await fillFromStaging(parts, run, { image, targets, group }))];
  } catch (error) {
    if (run.order.allStoresMustSucceed || error instanceof TaskInterrupted) throw error;
    // Stopped work raises whatever it likes.
    run.proceed();
    failed = [new StoreFailure(group.ids, error instanceof StoreFailure ? error.cause : error)];
  }
  const unfilled = failed.flatMap(({ stores }) => stores);
  if (unfilled.length > 0) {
    const properties = listProperties(parts, await run.image(), { failed: unfilled });
    await run.advance({ image: { from: ['importing', 'active', 'deactivated'], properties } });
  }
  for (const failure of failed) await cleanUp(parts, run, failure);
  return failed;
}

/** Empties the stores of what attempts before left there. Gives those that can be written to; raises when none can. */
async function prepareStores(
  parts: ServiceParts,
  run: RunningImport,
  { ids, image }: { readonly ids: readonly string[]; readonly image: Image },
): Promise<{ readonly targets: readonly AttachedStore[]; readonly unfit: readonly StoreFailure[] }> {
  const targets: AttachedStore[] = [];
  const unfit: StoreFailure[] = [];
  for (const id of ids) {
    const attached = requireStore(parts.stores, id);
    try {
      await discardRemains(run, { image, attached });
      targets.push(attached);
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      // What is stopped raises whatever it likes.
      run.proceed();
      await run.ask(tellStoreFailure(parts, image.id, error));
      if (run.order.allStoresMustSucceed) throw error;
      unfit.push(error);
    }
  }
  const [first] = unfit;
  if (first !== undefined && targets.length === 0) throw new StoreFailure(ids, first.cause);
  return { targets, unfit };
}

async function fillFromStaging(
  parts: ServiceParts,
  run: RunningImport,
  filling: Omit<Filling, 'reader'>,
): Promise<readonly StoreFailure[]> {
  const reader = await parts.staging.read({ imageId: filling.image.id, stage: null });
  try {
    return await writeAndRecord(parts, run, { ...filling, reader });
  } finally {
    await reader.close();
  }
}

/** What is left in a store that the import goes on without; a store out of order keeps it for the time being. */
async function cleanUp(parts: ServiceParts, run: RunningImport, { stores, cause }: StoreFailure): Promise<void> {
  const image = await run.image();
  for (const id of stores.filter((store) => !holdsCopy(parts, image, store))) {
    parts.report('store not filled', { imageId: image.id, store: id, error: cause });
    try {
      await discardRemains(run, { image, attached: requireStore(parts.stores, id) });
    } catch (error) {
      parts.report('data left in a store', { imageId: image.id, store: id, error });
      const leftover = { storeId: id, attemptIds: run.progress().attempts, urls: [] };
      await run.record({ leftovers: [...run.progress().leftovers, leftover] });
    }
  }
}

interface Filling {
  readonly image: Image;
  readonly targets: readonly AttachedStore[];
  readonly reader: ObjectReader;
  readonly group: StoreGroup;
}

async function writeAndRecord(
  parts: ServiceParts,
  run: RunningImport,
  filling: Filling,
): Promise<readonly StoreFailure[]> {
  const { image, reader } = filling;
  const attempt = { imageId: image.id, attemptId: attemptIdOf(run), expectedBytes: reader.sizeBytes };
  let writers: StoreWriters | undefined;
  try {
    const { targets, refused } = await reserveRoom(parts, run, filling);
    writers = openStoreWriters(targets, attempt, run.order.allStoresMustSucceed);
    await write(parts, run, { ...filling, targets, refused, writers });
    const failed = [...refused, ...writers.failed().map(({ failure }) => failure)];
    for (const failure of failed) await run.ask(tellStoreFailure(parts, image.id, failure));
    return failed;
  } catch (error) {
    await writers?.all.abort();
    // What is stopped raises whatever it likes.
    run.proceed();
    const stores = filling.targets.map(({ id }) => id);
    const failure = error instanceof StoreFailure ? error : { stores, cause: error };
    await run.ask(tellStoreFailure(parts, image.id, failure));
    throw error;
  }
}

interface Admission {
  /** Stores there is room for. */
  readonly targets: readonly AttachedStore[];
  /** The others. */
  readonly refused: readonly StoreFailure[];
}

/** Reserves room in as many stores as there is, or in all of them where all must succeed. Raises `limitExceeded`. */
async function reserveRoom(parts: ServiceParts, run: RunningImport, filling: Filling): Promise<Admission> {
  const { sizeBytes } = filling.reader;
  const refused: StoreFailure[] = [];
  for (let count = filling.targets.length; ; count -= 1) {
    const targets = filling.targets.slice(0, count);
    try {
      await reserveStores(parts, run, { sizeBytes, copies: copiesToReserve(run, { ...filling, targets }) });
      return { targets, refused };
    } catch (error) {
      const isTooMuch = isImageServiceError(error, 'limitExceeded');
      if (!isTooMuch || count === 1 || run.order.allStoresMustSucceed) throw error;
      refused.push(...targets.slice(-1).map(({ id }) => new StoreFailure([id], error)));
    }
  }
}

async function write(
  parts: ServiceParts,
  run: RunningImport,
  filling: Filling & Admission & { readonly writers: StoreWriters },
): Promise<void> {
  const { image, reader, writers } = filling;
  const expectedBytes = reader.sizeBytes;
  const maximum = findAllowance(parts, expectedBytes);
  await run.ask(
    tellPreparation(
      parts,
      image,
      filling.targets.map(({ id }) => id),
    ),
  );
  const attributes = await storeImageData(parts, writers.all, {
    image,
    body: toldOf(run, wholeOf(reader)),
    limits: { expectedBytes, maximum, proceed: run.proceed },
    // Data that were never judged, such as those of a location, are before they are copied.
    isInspected: run.order.method !== 'copy-image' || image.checksum === null,
  });
  requireSameData(run.order, image, attributes);
  await run.confirm();
  const stored = await writers.commit();
  const failed = [...filling.refused, ...writers.failed().map(({ failure }) => failure)];
  const step = stepOf(parts, run, { ...filling, attributes, stored, failed });
  await run.advance({ ...step, uploads: stored.length });
}

/**
 * One for each store that is to be filled now; where all must succeed, for those to be filled later too, so that nothing is
 * done in vain. A copy that tells the size of an image first makes those there are count as well.
 */
function copiesToReserve({ order }: RunningImport, { image, targets, group }: Omit<Filling, 'reader'>): number {
  const counted = image.sizeBytes === null ? image.locations.length : 0;
  return counted + (order.allStoresMustSucceed ? group.unfilled : targets.length);
}

/** Removes what an attempt that died or failed left in a store. */
async function discardRemains(
  run: RunningImport,
  { image, attached }: { readonly image: Image; readonly attached: AttachedStore },
): Promise<void> {
  const { id, readOnly } = attached;
  if (readOnly) throw new StoreFailure([id], conflict(`Data cannot be put in store ${id}.`));
  try {
    await discardAttempts(run, { attached, keptUrls: image.locations.map(({ url }) => url) });
  } catch (error) {
    throw new StoreFailure([id], error);
  }
}

interface Filled extends Filling {
  readonly attributes: DataAttributes;
  readonly stored: readonly { readonly attached: AttachedStore; readonly object: StoredObject }[];
  readonly failed: readonly StoreFailure[];
}

/** What is written down once stores have the data: where they are, what they are, and whether the image is active. */
function stepOf(parts: ServiceParts, run: RunningImport, filled: Filled): TaskStep {
  const { image, attributes, stored, failed, group } = filled;
  const done = stored.map(({ attached }) => attached.id);
  const properties = listProperties(parts, image, { done, failed: failed.flatMap(({ stores }) => stores) });
  const addedLocations = stored.map(({ attached, object }) => locationOf(parts.stores, attached, object));
  const later = run.order.allStoresMustSucceed ? group.unfilled - group.ids.length : 0;
  const leavesReserved = [{ resource: 'image_size_total', amount: attributes.sizeBytes * later }] as const;
  // An image that has its data already may have been deactivated meanwhile, and stays so.
  const whole = { from: ['active', 'deactivated'] as const, addedLocations, properties };
  if (run.order.method === 'copy-image') {
    const learned = image.checksum === null ? attributes : { sizeBytes: attributes.sizeBytes };
    return { image: { ...whole, ...learned }, leavesReserved };
  }
  if (image.status !== 'importing') return { image: { ...whole, ...attributes }, leavesReserved };
  const to = !run.order.allStoresMustSucceed || group.isLast ? { to: 'active' as const } : {};
  // The data were judged by these formats, whatever somebody made of them meanwhile.
  const judged = { diskFormat: image.diskFormat ?? 'raw', containerFormat: image.containerFormat ?? 'bare' };
  const filledImage = { from: ['importing'] as const, ...to, ...judged, ...attributes, addedLocations, properties };
  return { image: filledImage, leavesReserved };
}

/**
 * A copy must be what the image is, whatever became of the copy it was made of. So must data that were fetched once
 * more, after a node that had filled some of the stores was gone.
 */
function requireSameData({ method }: ImportOrder, image: Image, attributes: DataAttributes): void {
  const isSame =
    (image.checksum === null || image.checksum === attributes.checksum) &&
    (image.hashAlgorithm !== attributes.hashAlgorithm ||
      image.hashValue === null ||
      image.hashValue === attributes.hashValue);
  if (isSame) return;
  throw conflict(
    method === 'copy-image'
      ? 'The data that were to be copied are damaged: they do not have the hash of the image.'
      : 'The data had to be fetched once more, and are not those any more that other stores have.',
  );
}
