/**
 * Takes in data that exist elsewhere as the data of a queued image: checks the order in the contract's sequence, takes
 * the import lock and leaves the rest to a task. Source: contract 05 §3.
 */
import { conflict, forbidden } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import { checkDigest, parseLocationRequest } from '../../domain/images/location-request.ts';
import type { LocationRequest } from '../../domain/images/location-request.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { ImageWork } from '../../ports/image-work-repository.ts';
import { authorizeOnImage, imageNotFound } from '../authorization.ts';
import { loadImage } from '../images/load-image.ts';
import { newLease } from '../leases.ts';
import { recoverExpiredWork } from '../recover-work.ts';
import type { ServiceParts } from '../service-parts.ts';
import { isStaleLock, lockedBy } from '../tasks/import-lock.ts';
import { newTask } from '../tasks/new-task.ts';
import { startTask } from '../tasks/run-task.ts';
import { takeUpTask } from '../tasks/running-task.ts';
import { formatLocationProgress, locationTaskInput, newLocationProgress } from './location-import.ts';

export interface LocationInput {
  readonly imageId: string;
  readonly body: object;
}

export async function addImageLocation(
  parts: ServiceParts,
  context: RequestContext,
  input: LocationInput,
): Promise<void> {
  const request = parseLocationRequest(input.body);
  const image = await loadQueued(parts, context, input.imageId);
  await authorizeOnImage(parts, context, { rules: ['add_image_location'], image });
  checkStore(parts, context, request);
  checkDigest(request.expected);
  if ((await lockedBy(parts, image)) !== null) throw locked(image.id);
  await begin(parts, context, { image, request });
}

async function loadQueued(parts: ServiceParts, context: RequestContext, imageId: string): Promise<Image> {
  let image = await loadImage(parts, context, imageId);
  if (image.status !== 'queued' && (await recoverExpiredWork(parts, imageId)) > 0) {
    image = await loadImage(parts, context, imageId);
  }
  if (image.status !== 'queued') throw notQueued(image);
  return image;
}

/** Where services keep their data is their affair; anybody else has web servers. */
function checkStore({ stores }: ServiceParts, context: RequestContext, { url }: LocationRequest): void {
  const roles = [...context.roles, ...context.serviceRoles].map((role) => role.toLowerCase());
  if (roles.includes('service')) return;
  if (url.startsWith('http') && stores.attached.some(({ kind }) => kind === 'http')) return;
  throw forbidden('Only data on web servers can be registered, where the service has a store for them.');
}

async function begin(
  parts: ServiceParts,
  context: RequestContext,
  { image, request }: { readonly image: Image; readonly request: LocationRequest },
): Promise<void> {
  const now = parts.clock.now();
  const input = locationTaskInput(image.id, request);
  const task = newTask(parts, context, { type: 'location_import', imageId: image.id, input });
  const progress = formatLocationProgress(newLocationProgress(request, parts.locations));
  const attempt = { attemptId: task.id, storeId: null, progress };
  const work: ImageWork = { kind: 'task', imageId: image.id, ...attempt, ...newLease(parts) };
  const beginning = await parts.work.beginTask(work, { task, from: ['queued'], isStale: isStaleLock(now) }, now);
  if (beginning.kind === 'image-gone') throw imageNotFound(image.id);
  if (beginning.kind === 'locked') throw locked(image.id);
  if (beginning.kind === 'wrong-status') throw notQueued(beginning.image);
  startTask(parts, takeUpTask(parts, task, work));
}

function notQueued({ id, status }: Image): Error {
  return conflict(`Image ${id} is ${status}; data can be registered only for one that is queued.`);
}

function locked(imageId: string): Error {
  return conflict(`Another task is at work on image ${imageId}; wait until it has ended.`);
}
