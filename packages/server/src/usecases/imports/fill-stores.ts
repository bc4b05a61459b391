/**
 * The last step of an import: the staged data into the stores, one after the other or several at a time with one
 * reading of the data. Each store that has them is written down before the next one begins. Source: contract 04 §5, §6.
 */
import { conflict } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { ImportOrder } from '../../domain/tasks/import-task.ts';
import type { ObjectReader, StoredObject } from '../../ports/image-store.ts';
import type { AttachedStore } from '../../ports/image-stores.ts';
import type { TaskStep } from '../../ports/image-work-repository.ts';
import { findAllowance } from '../image-data/allowance.ts';
import { storeImageData } from '../image-data/store-data.ts';
import type { DataAttributes } from '../image-data/store-data.ts';
import { locationOf, requireStore, storeOfLocation } from '../image-locations.ts';
import type { ServiceParts } from '../service-parts.ts';
import { TaskInterrupted } from '../tasks/running-task.ts';
import { toldOf, wholeOf } from './fetch-data.ts';
import { attemptIdOf, discardAttempts } from './import-attempts.ts';
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
    failed.push(...(await fillTogether(parts, run, { ids, isLast: start + atOnce >= missing.length })));
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
    failed = [...unfit, ...(await fillFromStaging(parts, run, { image, targets, isLast: group.isLast }))];
  } catch (error) {
    if (run.order.allStoresMustSucceed || error instanceof TaskInterrupted) throw error;
    // Stopped work raises whatever it likes.
    run.proceed();
    failed = [error instanceof StoreFailure ? error : new StoreFailure(group.ids, error)];
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
      if (!(error instanceof StoreFailure) || run.order.allStoresMustSucceed) throw error;
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
  readonly isLast: boolean;
}

async function writeAndRecord(
  parts: ServiceParts,
  run: RunningImport,
  filling: Filling,
): Promise<readonly StoreFailure[]> {
  const { image, targets, reader } = filling;
  const attempt = { imageId: image.id, attemptId: attemptIdOf(run), expectedBytes: reader.sizeBytes };
  const writers = openStoreWriters(targets, attempt, run.order.allStoresMustSucceed);
  try {
    await write(parts, run, { ...filling, writers });
    return writers.failed().map(({ failure }) => failure);
  } catch (error) {
    await writers.all.abort();
    throw error;
  }
}

async function write(
  parts: ServiceParts,
  run: RunningImport,
  filling: Filling & { readonly writers: StoreWriters },
): Promise<void> {
  const { image, reader, writers } = filling;
  const expectedBytes = reader.sizeBytes;
  const allowance = await findAllowance(parts, { imageId: image.id, projectId: run.task.owner, expectedBytes });
  const attributes = await storeImageData(parts, writers.all, {
    image,
    body: toldOf(run, wholeOf(reader)),
    limits: { expectedBytes, maximum: allowance, proceed: run.proceed },
    // Data that were never judged, such as those of a location, are before they are copied.
    isInspected: run.order.method !== 'copy-image' || image.checksum === null,
  });
  requireSameData(run.order, image, attributes);
  await run.confirm();
  const stored = await writers.commit();
  const failed = writers.failed().map(({ failure }) => failure);
  await run.advance(stepOf(parts, run, { ...filling, attributes, stored, failed, quota: allowance.quota }));
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
  readonly quota: TaskStep['quota'];
}

/** What is written down once stores have the data: where they are, what they are, and whether the image is active. */
function stepOf(parts: ServiceParts, run: RunningImport, filled: Filled): TaskStep {
  const { image, attributes, stored, failed, isLast } = filled;
  const done = stored.map(({ attached }) => attached.id);
  const properties = listProperties(parts, image, { done, failed: failed.flatMap(({ stores }) => stores) });
  const addedLocations = stored.map(({ attached, object }) => locationOf(parts.stores, attached, object));
  const quota = filled.quota ?? null;
  // An image that has its data already may have been deactivated meanwhile, and stays so.
  const whole = { from: ['active', 'deactivated'] as const, addedLocations, properties };
  if (run.order.method === 'copy-image') {
    const learned = image.checksum === null ? attributes : { sizeBytes: attributes.sizeBytes };
    return { image: { ...whole, ...learned }, quota };
  }
  if (image.status !== 'importing') return { image: { ...whole, ...attributes }, quota };
  const to = !run.order.allStoresMustSucceed || isLast ? { to: 'active' as const } : {};
  // The data were judged by these formats, whatever somebody made of them meanwhile.
  const judged = { diskFormat: image.diskFormat ?? 'raw', containerFormat: image.containerFormat ?? 'bare' };
  return { image: { from: ['importing'], ...to, ...judged, ...attributes, addedLocations, properties }, quota };
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
