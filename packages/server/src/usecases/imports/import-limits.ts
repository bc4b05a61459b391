/**
 * What an import takes of the limits of the project that asked for it: room in the staging area while data are fetched and
 * worked on, and room in every store it fills. Source: contract 13 C2; docs/decisions/0013.
 */
import { claimOf } from '../../domain/images/project-limits.ts';
import type { LimitedResource, ProjectLimit } from '../../domain/images/project-limits.ts';
import type { SizeLimit } from '../../domain/imports/archive-formats.ts';
import type { ObjectWriter } from '../../ports/image-store.ts';
import type { Reservation } from '../../ports/image-work-repository.ts';
import { findAllowance } from '../image-data/allowance.ts';
import { reservingWriter } from '../image-data/reserving-writer.ts';
import { findLimits, stagingResource } from '../project-limits.ts';
import type { ServiceParts } from '../service-parts.ts';
import type { RunningTask } from '../tasks/running-task.ts';

type Parts = Pick<ServiceParts, 'limits' | 'projectLimits' | 'staging'>;

/** Raises `TaskInterrupted` when nobody knows them now. */
export function limitsOfTask(
  parts: Pick<Parts, 'limits' | 'projectLimits'>,
  run: RunningTask,
  resources: readonly LimitedResource[],
): Promise<readonly ProjectLimit[]> {
  return run.ask(findLimits(parts, projectOf(run), resources));
}

/** The project that asked for a task: an import is charged to it. */
export function projectOf({ task }: Pick<RunningTask, 'task'>): string | null {
  return task.owner === '' ? null : task.owner;
}

function stagingLimits(parts: Parts, run: RunningTask): Promise<readonly ProjectLimit[]> {
  return limitsOfTask(parts, run, [stagingResource(parts)]);
}

/** Room for staged data of known size. Raises `limitExceeded`. */
export async function reserveStaging(parts: Parts, run: RunningTask, sizeBytes: number): Promise<void> {
  const limits = await stagingLimits(parts, run);
  if (limits.length > 0) await run.reserve(limits.map((limit) => claimOf(limit, sizeBytes)));
}

/** A writer to the staging area that has room for whatever comes; what is staged already keeps its own. */
export async function stagingWriter(parts: Parts, run: RunningTask, writer: ObjectWriter): Promise<ObjectWriter> {
  const limits = await stagingLimits(parts, run);
  return reservingWriter(writer, run.reserve, { limits, leastBytes: await stagedBytes(parts, run) });
}

/**
 * How large a file may become that a program writes, which nobody can stop at each byte: all the room it can need and
 * that there is is reserved for it.
 */
export async function reserveOutput(parts: Parts, run: RunningTask, mostBytes: number): Promise<SizeLimit> {
  const allowance = findAllowance(parts, null);
  const limits = await stagingLimits(parts, run);
  if (limits.length === 0) return allowance;
  const least = await stagedBytes(parts, run);
  const most = Math.max(least, Math.min(mostBytes, allowance.bytes));
  const granted = Math.min(...(await run.reserve(limits.map((limit) => ({ limit, least, most, share: 1 })))));
  if (granted >= allowance.bytes) return allowance;
  return { bytes: granted, exceeded: 'What the image was to be converted to exceeds the room there is for it.' };
}

/** What stays reserved once the staged data have that size. */
export function leftForStaging(parts: Pick<Parts, 'projectLimits'>, sizeBytes: number): readonly Reservation[] {
  return [{ resource: stagingResource(parts), amount: sizeBytes }];
}

/** Room in the stores for so many copies. Raises `limitExceeded`. */
export async function reserveStores(
  parts: Pick<Parts, 'limits' | 'projectLimits'>,
  run: RunningTask,
  { sizeBytes, copies }: { readonly sizeBytes: number; readonly copies: number },
): Promise<void> {
  const limits = await limitsOfTask(parts, run, ['image_size_total']);
  if (limits.length > 0) await run.reserve(limits.map((limit) => claimOf(limit, sizeBytes * copies)));
}

async function stagedBytes({ staging }: Parts, { lease }: RunningTask): Promise<number> {
  return (await staging.sizeOf({ imageId: lease.work().imageId, stage: null })) ?? 0;
}
