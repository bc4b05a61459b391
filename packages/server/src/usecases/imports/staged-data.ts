/**
 * Where the staged data of an import are. They are files of one node: another one that takes the import over goes on
 * without them, or not at all, and so gives their node the time to come back first.
 */
import type { ImageWork } from '../../ports/image-work-repository.ts';
import type { ServiceParts } from '../service-parts.ts';
import { parseProgress } from './import-progress.ts';
import type { ImportProgress } from './import-progress.ts';

/** Part of a lease for which an import is left to the node that has its data, once that may be taken over. */
const patience = 0.5;

type Parts = Pick<ServiceParts, 'staging' | 'selfUrl'>;

/** Whether the data that an import has staged lie on this node. */
export async function isStagedHere(
  { staging, selfUrl }: Parts,
  imageId: string,
  { node }: Pick<ImportProgress, 'node'>,
): Promise<boolean> {
  // A file of that name may be left of something else. Nodes without an address cannot be told apart.
  if (node !== null && selfUrl !== null && node !== selfUrl) return false;
  return (await staging.sizeOf({ imageId, stage: null })) !== null;
}

/** Whether an expired task should be left a little longer to the node that has its data. */
export async function awaitsItsNode(
  parts: Parts & Pick<ServiceParts, 'clock' | 'data'>,
  work: ImageWork,
): Promise<boolean> {
  const waitedMilliseconds = parts.clock.now().getTime() - work.expiresAt.getTime();
  if (work.kind !== 'task' || waitedMilliseconds >= parts.data.leaseSeconds * 1000 * patience) return false;
  const progress = parseProgress(work.progress);
  const needsData = progress.failure === null ? !progress.filled : progress.failure.keepsStaged;
  return progress.staged && needsData && !(await isStagedHere(parts, work.imageId, progress));
}
