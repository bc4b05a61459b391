/**
 * Removes staged data that nobody will ask for: of images that are gone, that have their data, or that wait for others.
 * They are left behind by nodes that died, and by calls that another node answered while this one was out of reach.
 *
 * Kept are the data of images that are being staged or imported, whatever a task works on, and for a day those of a
 * copy that failed, for the next try. What was written during the last lease is left alone whatever the image says, for
 * a call may just have begun. Source: contract 03 §2.
 */
import type { Image } from '../../domain/images/image.ts';
import { failedProperty, importLockProperty, listedStores, stageHostProperty } from '../../domain/tasks/import-task.ts';
import type { ServiceParts } from '../service-parts.ts';

const dayMilliseconds = 24 * 3_600_000;

type Parts = Pick<ServiceParts, 'staging' | 'images' | 'clock' | 'data' | 'jobs' | 'selfUrl' | 'report'>;

/** Gives the number of images whose staged data were removed. What fails is reported, and left for the next time. */
export async function cleanStaging(parts: Parts): Promise<number> {
  let cleaned = 0;
  try {
    for (const imageId of await parts.staging.listImages()) {
      if (parts.jobs.stopping.aborted) break;
      if (await cleanImage(parts, imageId)) cleaned += 1;
    }
  } catch (error) {
    parts.report('staging area not cleaned', { error });
  }
  if (cleaned > 0) parts.report('staging area cleaned', { images: cleaned });
  return cleaned;
}

async function cleanImage(parts: Parts, imageId: string): Promise<boolean> {
  try {
    const writtenAt = await parts.staging.lastWritten(imageId);
    if (writtenAt === null) return false;
    const ageMilliseconds = parts.clock.now().getTime() - writtenAt.getTime();
    if (ageMilliseconds < parts.data.leaseSeconds * 1000) return false;
    // Looked at last: what it says is as fresh as can be.
    const image = await parts.images.show({ isAdmin: true, projectId: null }, imageId);
    if (image !== undefined && isWanted(parts, image, ageMilliseconds)) return false;
    await parts.staging.removeAll(imageId);
    return true;
  } catch (error) {
    parts.report('staged data not removed', { imageId, error });
    return false;
  }
}

function isWanted({ selfUrl }: Parts, image: Image, ageMilliseconds: number): boolean {
  if (image.properties.has(importLockProperty)) return true;
  switch (image.status) {
    case 'importing':
      return true;
    case 'uploading': {
      const host = image.properties.get(stageHostProperty) ?? null;
      return host === null || selfUrl === null || host === selfUrl;
    }
    case 'active':
    case 'deactivated':
      return listedStores(image, failedProperty).length > 0 && ageMilliseconds < dayMilliseconds;
    default:
      return false;
  }
}
