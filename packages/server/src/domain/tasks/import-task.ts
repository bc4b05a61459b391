/**
 * What an import task says of itself: its input, and the two properties by which clients see how far it is.
 * Source: contract 04 §4–§6, §8.1, 02 §10.
 */
import { importMethodNames } from '@lucarne/contract/import-methods.ts';
import type { ImportMethodName } from '@lucarne/contract/import-methods.ts';
import type { ImageStatus } from '@lucarne/contract/image-attributes.ts';
import type { Image } from '../images/image.ts';
import type { JsonObject, Task } from './task.ts';

/** Stores that are still being written. */
export const importingProperty = 'os_glance_importing_to_stores';
/** Stores that could not be written. */
export const failedProperty = 'os_glance_failed_import';
/** Id of the task that works on the image, and keeps others from doing so. */
export const importLockProperty = 'os_glance_import_task';
/** URL of the node that has the staged data. */
export const stageHostProperty = 'os_glance_stage_host';

/** An import as its task records it. */
export interface ImportOrder {
  readonly method: ImportMethodName;
  /** Where web-download gets the data. */
  readonly uri: string | null;
  /** What glance-download gets. */
  readonly remote: RemoteImage | null;
  /** Ids of the stores to fill, in the order in which they are filled. */
  readonly stores: readonly string[];
  readonly allStoresMustSucceed: boolean;
}

export interface RemoteImage {
  readonly region: string;
  readonly imageId: string;
  readonly serviceInterface: string;
}

/**
 * The input of a task, in the shape Glance gives it: `request` is the body as it was sent, `stores` are ids, or null for
 * the one store that has none.
 */
export function importTaskInput(imageId: string, request: JsonObject, stores: readonly (string | null)[]): JsonObject {
  return { image_id: imageId, import_req: request, backend: stores };
}

/** Undefined when the input is not one we would have written. */
export function importOrderOf(task: Task): ImportOrder | undefined {
  const request = objectAt(task.input, 'import_req');
  const method = objectAt(request, 'method');
  const name = importMethodNames.find((known) => known === method?.['name']);
  const stores = storesOfTask(task);
  if (request === undefined || method === undefined || name === undefined) return undefined;
  return {
    method: name,
    uri: textAt(method, 'uri'),
    remote: remoteImageOf(method),
    stores,
    allStoresMustSucceed: request['all_stores_must_succeed'] !== false,
  };
}

/** Null when the members of `method` name none. */
export function remoteImageOf(method: JsonObject): RemoteImage | null {
  const region = textAt(method, 'glance_region');
  const imageId = textAt(method, 'glance_image_id');
  if (region === null || imageId === null) return null;
  return { region, imageId, serviceInterface: textAt(method, 'glance_service_interface') ?? 'public' };
}

/** Stores the task was to fill. */
export function storesOfTask(task: Pick<Task, 'input'>): readonly string[] {
  const stores: unknown = task.input?.['backend'];
  return Array.isArray(stores) ? stores.filter((store): store is string => typeof store === 'string') : [];
}

function objectAt(object: JsonObject | null | undefined, name: string): JsonObject | undefined {
  const value: unknown = object?.[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function textAt(object: JsonObject, name: string): string | null {
  const value = object[name];
  return typeof value === 'string' ? value : null;
}

type ListProperty = typeof importingProperty | typeof failedProperty;

/** The stores a list property names. */
export function listedStores(image: Pick<Image, 'properties'>, property: ListProperty): readonly string[] {
  return (image.properties.get(property) ?? '').split(',').filter((store) => store !== '');
}

/** A comma list as clients see it: sorted, without duplicates; `""` for none. */
function storeList(stores: Iterable<string>): string {
  return [...new Set(stores)].toSorted().join(',');
}

export interface ProgressChange {
  /** Stores that are not being imported to any more; what failed in them before does not count. */
  readonly done?: readonly string[];
  /** Stores that failed; they are not being imported to any more either. */
  readonly failed?: readonly string[];
  /** Stores that are being imported to from now on; they count as failed no longer. */
  readonly begun?: readonly string[];
}

/** Both list properties after a change. */
export function progressProperties(
  image: Pick<Image, 'properties'>,
  { done = [], failed = [], begun = [] }: ProgressChange,
): ReadonlyMap<string, string> {
  const ended = new Set([...done, ...failed]);
  const importing = [...listedStores(image, importingProperty), ...begun].filter((store) => !ended.has(store));
  const excused = new Set([...begun, ...done]);
  const failures = [...listedStores(image, failedProperty).filter((store) => !excused.has(store)), ...failed];
  return new Map([
    [importingProperty, storeList(importing)],
    [failedProperty, storeList(failures)],
  ]);
}

/** Both list properties without the stores of a task that is given up; nothing when they were never set. */
export function clearedOfStores(image: Pick<Image, 'properties'>, task: Task | undefined): ReadonlyMap<string, string> {
  const gone = new Set(task === undefined ? [] : storesOfTask(task));
  const lists: readonly ListProperty[] = [importingProperty, failedProperty];
  return new Map(
    lists
      .filter((property) => image.properties.has(property))
      .map((property) => [property, storeList(listedStores(image, property).filter((store) => !gone.has(store)))]),
  );
}

/** The status an image has before an import by that method begins. */
export function statusesBeforeImport(method: ImportOrder['method']): readonly ImageStatus[] {
  if (method === 'copy-image') return ['active'];
  return method === 'glance-direct' ? ['uploading'] : ['queued'];
}
