/**
 * Takes an import in: checks it in the contract's order, takes the import lock and leaves the rest to a task.
 * Source: contract 04 §2, §4.
 */
import { badRequest, conflict } from '../../domain/errors.ts';
import { namedStores, parseImportRequest } from '../../domain/imports/import-request.ts';
import type { ImportRequest } from '../../domain/imports/import-request.ts';
import { checkImportUri } from '../../domain/imports/uri-filter.ts';
import type { Image } from '../../domain/images/image.ts';
import type { CallerAccess, RequestContext } from '../../domain/request-context.ts';
import {
  importTaskInput,
  remoteImageOf,
  stageHostProperty,
  statusesBeforeImport,
} from '../../domain/tasks/import-task.ts';
import type { AttachedStore, ImageStores } from '../../ports/image-stores.ts';
import type { ImageWork } from '../../ports/image-work-repository.ts';
import type { PeerCall } from '../../ports/peer-nodes.ts';
import { authorizeOnImage, imageNotFound } from '../authorization.ts';
import { requireStore, storeOfLocation } from '../image-locations.ts';
import { loadImage } from '../images/load-image.ts';
import { newLease } from '../leases.ts';
import { checkBeforehand } from '../project-limits.ts';
import { findPropertyGrants } from '../property-rights.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import type { ServiceParts } from '../service-parts.ts';
import { isStaleLock, lockedBy } from '../tasks/import-lock.ts';
import { newTask } from '../tasks/new-task.ts';
import { startTask } from '../tasks/run-task.ts';
import { takeUpTask } from '../tasks/running-task.ts';
import { formatProgress, newProgress } from './import-progress.ts';
import { checkRemoteImage } from './remote-image.ts';

export interface ImportInput {
  readonly imageId: string;
  readonly body: object;
  /** Value of `X-Image-Meta-Store`; null without the header. */
  readonly storeHeader: string | null;
  /** The call itself, should another node have to answer it. */
  readonly call: PeerCall;
}

export async function startImport(parts: ServiceParts, context: RequestContext, input: ImportInput): Promise<void> {
  const request = parseImportRequest(input.body, parts.imports.methods);
  await checkBeforehand(parts, context.projectId, { resource: 'image_size_total', amount: 0 });
  const image = await loadImportable(parts, context, { imageId: input.imageId, request });
  const targets = chooseStores(parts.stores, image, { request, storeHeader: input.storeHeader });
  if (targets.length === 0) return;
  const host = await otherHost(parts, image, input.call);
  if (request.method === 'glance-direct' && host !== null) return parts.peers.passOn(host, input.call);
  const access = checkSource(parts, context, request);
  await begin(parts, context, { image, request, targets, access });
}

/** URL of the node that has the staged data, unless this one has. */
async function otherHost(
  parts: Pick<ServiceParts, 'staging' | 'selfUrl'>,
  image: Image,
  call: PeerCall,
): Promise<string | null> {
  const host = image.properties.get(stageHostProperty) ?? null;
  if (host === null || host === parts.selfUrl) return null;
  // Another node, or this one, found this one under a URL that it had when the data were staged.
  const isHere = call.wasPassedOn && (await parts.staging.sizeOf({ imageId: image.id, stage: null })) !== null;
  return isHere ? null : host;
}

/** The image, once nothing in it or in the caller's rights stands in the way. */
async function loadImportable(
  parts: ServiceParts,
  context: RequestContext,
  { imageId, request }: { readonly imageId: string; readonly request: ImportRequest },
): Promise<Image> {
  let image = await loadImage(parts, context, imageId);
  if (!statusesBeforeImport(request.method).includes(image.status) && (await recoverExpiredWork(parts, imageId)) > 0) {
    image = await loadImage(parts, context, imageId);
  }
  checkStatus(image, request);
  if (image.containerFormat === null) throw conflict('Set container_format of the image before importing its data.');
  if (image.diskFormat === null) throw conflict('Set disk_format of the image before importing its data.');
  checkRemote(request);
  const rules = [request.method === 'copy-image' ? 'copy_image' : 'modify_image'];
  await authorizeOnImage(parts, context, { rules, image });
  const holder = await lockedBy(parts, image);
  if (holder !== null) throw locked(imageId);
  return image;
}

function checkStatus(image: Image, { method }: ImportRequest): void {
  const statuses = statusesBeforeImport(method);
  if (statuses.includes(image.status)) return;
  throw conflict(
    `Image ${image.id} is ${image.status}; import by ${method} needs one that is ${statuses.join(' or ')}.`,
  );
}

const serviceInterfaces = ['public', 'internal', 'admin'] as const;
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function checkRemote({ method, details }: ImportRequest): void {
  if (method !== 'glance-download') return;
  if (typeof details['glance_region'] !== 'string' || details['glance_region'] === '') {
    throw badRequest('Import by glance-download needs "glance_region", the region of the other image service.');
  }
  const imageId = details['glance_image_id'];
  if (typeof imageId !== 'string' || !uuidPattern.test(imageId)) {
    throw badRequest('Import by glance-download needs "glance_image_id", the UUID of the image in that region.');
  }
  const serviceInterface = details['glance_service_interface'] ?? 'public';
  if (!serviceInterfaces.some((known) => known === serviceInterface)) {
    throw badRequest(`The member "glance_service_interface" must be one of ${serviceInterfaces.join(', ')}.`);
  }
}

interface StoreChoice {
  readonly request: ImportRequest;
  readonly storeHeader: string | null;
}

/** The stores to fill; none when they all have the image already. */
function chooseStores(stores: ImageStores, image: Image, choice: StoreChoice): readonly AttachedStore[] {
  const { request } = choice;
  if (!stores.multiStore) {
    if (!request.allStoresMustSucceed)
      throw badRequest('all_stores_must_succeed=false needs a service with several stores.');
    if (request.method === 'copy-image')
      throw badRequest('There is one store only; an image cannot be copied to another.');
    return [stores.default];
  }
  const wanted = wantedStores(stores, choice);
  const readOnly = wanted.find((attached) => attached.readOnly);
  if (readOnly !== undefined) throw conflict(`Store ${readOnly.id} can only be read; nothing can be imported to it.`);
  if (request.method !== 'copy-image') return wanted;
  const holding = new Set(image.locations.map((location) => storeOfLocation(stores, location)));
  const lacking = wanted.filter((attached) => !holding.has(attached));
  if (lacking.length < wanted.length && !request.allStores) {
    const held = wanted.find((attached) => holding.has(attached));
    throw badRequest(`Store ${held?.id ?? ''} has image ${image.id} already.`);
  }
  return lacking;
}

function wantedStores(stores: ImageStores, { request, storeHeader }: StoreChoice): readonly AttachedStore[] {
  const ids = namedStores(request);
  const named = ids !== null || storeHeader !== null;
  if (request.allStores && named) throw badRequest('Either all_stores or single stores can be asked for, not both.');
  if (ids !== null && storeHeader !== null) {
    // Clients that name one store say so in both places.
    if (ids.length !== 1 || ids[0] !== storeHeader) {
      throw badRequest('The stores must be named either in the body or in X-Image-Meta-Store, not in both.');
    }
  }
  if (request.allStores) return stores.attached.filter(({ readOnly }) => !readOnly);
  const wanted = ids ?? (storeHeader === null ? [stores.default.id] : [storeHeader]);
  return wanted.map((id) => requireStore(stores, id));
}

/** Gives what the data are to be fetched with in the name of the caller; null when nothing is. */
function checkSource(
  parts: Pick<ServiceParts, 'imports'>,
  context: RequestContext,
  { method, details }: ImportRequest,
): CallerAccess | null {
  if (method === 'glance-download') {
    const remote = remoteImageOf(details);
    return remote === null ? null : checkRemoteImage(parts, context.access, remote);
  }
  if (method !== 'web-download') return null;
  const { uri } = details as { readonly uri?: unknown };
  if (typeof uri !== 'string' || uri === '') throw badRequest('Import by web-download needs "uri".');
  checkImportUri(parts.imports.filter, uri);
  return null;
}

interface CheckedImport {
  readonly image: Image;
  readonly request: ImportRequest;
  readonly targets: readonly AttachedStore[];
  readonly access: CallerAccess | null;
}

async function begin(parts: ServiceParts, context: RequestContext, checked: CheckedImport): Promise<void> {
  const { image, request, targets, access } = checked;
  const now = parts.clock.now();
  const input = importTaskInput(
    image.id,
    request.body,
    targets.map(({ id }) => (parts.stores.multiStore ? id : null)),
  );
  const task = newTask(parts, context, { type: 'api_image_import', imageId: image.id, input });
  // What was staged is this node's from the beginning.
  const staged = request.method === 'glance-direct' ? { staged: true, node: parts.selfUrl } : {};
  const progress = formatProgress({
    ...newProgress(context.roles, await findPropertyGrants(parts, context)),
    ...staged,
  });
  const attempt = { attemptId: task.id, storeId: null, progress };
  const work: ImageWork = { kind: 'task', imageId: image.id, ...attempt, ...newLease(parts) };
  const start = { task, from: statusesBeforeImport(request.method), isStale: isStaleLock(now) };
  const beginning = await parts.work.beginTask(work, start, now);
  if (beginning.kind === 'image-gone') throw imageNotFound(image.id);
  if (beginning.kind === 'locked') throw locked(image.id);
  if (beginning.kind === 'wrong-status') return checkStatus(beginning.image, request);
  startTask(parts, { ...takeUpTask(parts, task, work), access });
}

function locked(imageId: string): Error {
  return conflict(`Another task is importing image ${imageId}; wait until it has ended.`);
}
