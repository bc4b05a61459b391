/**
 * An import of the older kind: a task that makes its image, fetches the data and stores them. When it fails the image
 * is deleted. Source: contract 04 §8.2.
 */
import { isImageServiceError } from '../../domain/errors.ts';
import { checkNewImage, newImage, parseNewImage } from '../../domain/images/new-image.ts';
import { claimOf } from '../../domain/images/project-limits.ts';
import { checkNewProperties } from '../../domain/property-protections/property-rights.ts';
import { legacyImportOf } from '../../domain/tasks/new-task.ts';
import type { LegacyImport } from '../../domain/tasks/new-task.ts';
import type { ImportOrder } from '../../domain/tasks/import-task.ts';
import { propertyRightsOf } from '../property-rights.ts';
import type { ServiceParts } from '../service-parts.ts';
import { TaskInterrupted } from '../tasks/running-task.ts';
import type { RunningTask } from '../tasks/running-task.ts';
import { limitsOfTask, projectOf } from './import-limits.ts';
import { parseProgress } from './import-progress.ts';
import { runImport } from './run-import.ts';
import { failTask } from './running-import.ts';

export async function runLegacyImport(parts: ServiceParts, running: RunningTask): Promise<void> {
  try {
    const wanted = legacyImportOf(running.task);
    await makeImage(parts, running, wanted);
    await runImport(parts, running, orderOf(parts, wanted));
  } catch (error) {
    if (error instanceof TaskInterrupted || !isImageServiceError(error)) throw error;
    running.proceed();
    await failTask(parts, running, error.message);
  }
}

/** Without an image so far, that is: one that took the task over finds it made, and perhaps taken back again. */
async function makeImage(parts: ServiceParts, running: RunningTask, wanted: LegacyImport): Promise<void> {
  const { imageId } = running.lease.work();
  if (running.task.status === 'processing') return;
  if ((await parts.images.show({ isAdmin: true, projectId: null }, imageId)) !== undefined) return;
  const formats = { disk_format: wanted.format, container_format: 'bare' };
  const request = parseNewImage({ ...formats, ...wanted.imageProperties, id: imageId }, (document) =>
    parts.imageSchema.image(document),
  );
  const image = newImage(request, { id: imageId, projectId: projectOf(running), createdAt: parts.clock.now() });
  const { grants } = parseProgress(running.lease.work().progress);
  checkNewProperties(image.properties.keys(), propertyRightsOf(parts, grants));
  checkNewImage(request, image, parts.limits);
  const limits = await limitsOfTask(parts, running, ['image_count_total']);
  await parts.images.create(
    image,
    limits.map((limit) => claimOf(limit, 1)),
  );
}

function orderOf({ stores }: ServiceParts, { uri }: LegacyImport): ImportOrder {
  return { method: 'web-download', uri, remote: null, stores: [stores.default.id], allStoresMustSucceed: true };
}
