/**
 * Makes data at a location those of a queued image, and hashes them. Every step is written before the next one begins,
 * and can be repeated: a process that takes the task over goes on behind the last step. A failure is written down first
 * and then undone. Source: contract 05 §3.
 * Differs: a location whose data do not have the hash they should have is taken back whatever store they lie in.
 */
import { ImageServiceError, badRequest, isImageServiceError } from '../../domain/errors.ts';
import type { Image, ImageLocation } from '../../domain/images/image.ts';
import { checkLocationQuota } from '../../domain/images/quotas.ts';
import { checkTransition } from '../../domain/images/status-machine.ts';
import { requeued } from '../../ports/image-change.ts';
import type { ImageChange, ImageStep } from '../../ports/image-change.ts';
import type { TaskStep } from '../../ports/image-work-repository.ts';
import { findAllowance } from '../image-data/allowance.ts';
import { placedLocation } from '../image-locations.ts';
import { removeObject } from '../images/delete.ts';
import { limitsOfTask } from '../imports/import-limits.ts';
import { failTask, taskExpiry } from '../imports/running-import.ts';
import type { ServiceParts } from '../service-parts.ts';
import { TaskInterrupted } from '../tasks/running-task.ts';
import type { RunningTask } from '../tasks/running-task.ts';
import { sizeOfNewData } from './find-data.ts';
import { hashData } from './hash-data.ts';
import { formatLocationProgress, hashHostProperty, parseLocationProgress } from './location-import.ts';
import type { LocationProgress } from './location-import.ts';

interface RunningLocationImport extends RunningTask {
  progress(): LocationProgress;
  /** Writes how far the task is, with what else belongs to the step. */
  record(progress: Partial<LocationProgress>, step?: TaskStep): Promise<void>;
}

export async function runLocationImport(parts: ServiceParts, running: RunningTask): Promise<void> {
  const begun = parseLocationProgress(running.lease.work().progress);
  if (begun === undefined) return failTask(parts, running, 'The task says nothing about where the data are.');
  try {
    await addOrUndo(parts, trackProgress(running, begun));
  } catch (error) {
    if (!(error instanceof TaskInterrupted) || error.interruption !== 'image-gone') throw error;
    const image = await parts.images.show({ isAdmin: true, projectId: null }, running.lease.work().imageId);
    const became = image === undefined ? 'The image was deleted' : `The image became ${image.status}`;
    await failTask(parts, running, `${became} while the data were being registered.`);
  }
}

function trackProgress(running: RunningTask, begun: LocationProgress): RunningLocationImport {
  let progress = begun;
  return {
    ...running,
    progress: () => progress,
    async record(change, step = {}) {
      const next = { ...progress, ...change };
      await running.advance({ ...step, progress: formatLocationProgress(next) });
      progress = next;
    },
  };
}

async function addOrUndo(parts: ServiceParts, run: RunningLocationImport): Promise<void> {
  if (run.progress().failure === null) {
    try {
      if (!run.progress().isAdded) await add(parts, run);
      return await finish(parts, run);
    } catch (error) {
      if (error instanceof TaskInterrupted) throw error;
      // What is stopped raises whatever it likes.
      run.proceed();
      await run.record({ failure: failureOf(parts, run, error) });
    }
  }
  // From here on nothing is a failure of the task: whoever takes it over tries again.
  await undo(parts, run);
}

/** The image gets the location, and is active unless the data are to be checked first. */
async function add(parts: ServiceParts, run: RunningLocationImport): Promise<void> {
  const { url, mode, expected } = run.progress();
  const image = await run.image();
  checkTransition(image, 'active');
  checkLocationQuota(image.locations.length + 1, parts.locations.quota);
  const sizeBytes = await sizeOfNewData(parts, url);
  findAllowance(parts, sizeBytes);
  const hashes: Readonly<Record<LocationProgress['mode'], ImageChange>> = {
    check: { hashAlgorithm: expected?.hashAlgorithm ?? null },
    compute: { hashAlgorithm: parts.data.hashAlgorithm },
    believe: expected ?? {},
    none: {},
  };
  const step: ImageStep = {
    from: ['queued'],
    to: mode === 'check' ? 'importing' : 'active',
    addedLocations: [placedLocation(parts.stores, { url, metadata: {} })],
    sizeBytes,
    ...hashes[mode],
  };
  const limits = await limitsOfTask(parts, run, ['image_size_total']);
  await run.record({ isAdded: true }, { image: step, task: { status: 'processing' }, limits });
}

async function finish(parts: ServiceParts, run: RunningLocationImport): Promise<void> {
  switch (run.progress().mode) {
    case 'check':
      return check(parts, run);
    case 'compute':
      return compute(parts, run);
    case 'believe':
    case 'none':
      return run.advance(ending(parts, run, {}));
  }
}

async function check(parts: ServiceParts, run: RunningLocationImport): Promise<void> {
  const { expected } = run.progress();
  if (expected === null) throw new Error('Nothing is known of the hash of the data.');
  const { checksum, hashValue } = await hashOf(parts, run, expected.hashAlgorithm);
  if (hashValue !== expected.hashValue) {
    throw badRequest('The data at the location do not have the hash that validation_data says.');
  }
  const hashes = { checksum, ...expected };
  await run.advance(ending(parts, run, { image: { from: ['importing'], to: 'active', ...hashes } }));
}

/** The image is active whether or not this succeeds; without it, it has no hash. */
async function compute(parts: ServiceParts, run: RunningLocationImport): Promise<void> {
  const image = await run.image();
  const from = ['active', 'deactivated'] as const;
  try {
    const hashAlgorithm = image.hashAlgorithm ?? parts.data.hashAlgorithm;
    const hashes = await hashOf(parts, run, hashAlgorithm);
    await run.advance(ending(parts, run, { image: { from, hashAlgorithm, ...hashes } }));
  } catch (error) {
    if (error instanceof TaskInterrupted) throw error;
    run.proceed();
    const message = `The data could not be hashed: ${failureOf(parts, run, error)}`;
    await run.advance(ending(parts, run, { image: { from }, message }));
  }
}

async function hashOf(parts: ServiceParts, run: RunningLocationImport, algorithm: string) {
  const image = await run.image();
  await nameHost(parts, run, image);
  const location = locationOf(run, image);
  // Others removed it or put another in its place meanwhile.
  if (location === undefined) throw new ImageServiceError('conflict', 'The image does not have the location any more.');
  return hashData(parts, run, { location, algorithm, sizeBytes: image.sizeBytes });
}

function locationOf(run: RunningLocationImport, image: Image): ImageLocation | undefined {
  return image.locations.find(({ url }) => url === run.progress().url);
}

/** Others see in the image who hashes its data. */
async function nameHost(parts: ServiceParts, run: RunningTask, image: Image): Promise<void> {
  if (parts.selfUrl === null || image.properties.get(hashHostProperty) === parts.selfUrl) return;
  const properties = new Map([[hashHostProperty, parts.selfUrl]]);
  await run.advance({ image: { from: ['importing', 'active', 'deactivated'], properties } });
}

interface Ending {
  readonly image?: ImageStep;
  readonly message?: string;
}

/** The last step of a task that did what it should. */
function ending(parts: ServiceParts, run: RunningTask, { image, message = '' }: Ending): TaskStep {
  const properties = new Map([[hashHostProperty, null]]);
  const result = { image_id: run.lease.work().imageId };
  return {
    ...(image === undefined ? {} : { image: { ...image, properties } }),
    task: { status: 'success', message, result, expiresAt: taskExpiry(parts) },
    ends: true,
  };
}

/** Takes the location back; the image is queued again. Repeatable. */
async function undo(parts: ServiceParts, run: RunningLocationImport): Promise<void> {
  const message = run.progress().failure ?? '';
  const task = { status: 'failure', message, expiresAt: taskExpiry(parts) } as const;
  if (!run.progress().isAdded) return run.advance({ task, ends: true });
  const image = await run.image();
  const location = locationOf(run, image);
  if (location !== undefined) await removeData(parts, image, location);
  const properties = new Map([[hashHostProperty, null]]);
  await run.advance({ image: { ...requeued, from: ['importing'], properties }, task, ends: true });
}

/** A store that keeps them leaves data that were there before the image was. */
async function removeData(parts: ServiceParts, image: Image, location: ImageLocation): Promise<void> {
  try {
    await removeObject(parts, image.id, location);
  } catch (error) {
    if (!isImageServiceError(error)) throw error;
    parts.report('data of a location left', { imageId: image.id, error });
  }
}

/** What a person is told. */
function failureOf(parts: ServiceParts, { task }: RunningTask, error: unknown): string {
  if (isImageServiceError(error)) return error.message;
  parts.report('registering data failed', { taskId: task.id, imageId: task.imageId, error });
  return 'An internal error ended the task; the log of the service says more.';
}
