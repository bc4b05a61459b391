/**
 * An import of the older kind: a task that makes its image, fetches the data and stores them. When it fails the image
 * is deleted. Source: contract 04 §8.2.
 */
import { isImageServiceError } from '../../domain/errors.ts';
import { checkNewImage, newImage, parseNewImage } from '../../domain/images/new-image.ts';
import { legacyImportOf } from '../../domain/tasks/new-task.ts';
import type { LegacyImport } from '../../domain/tasks/new-task.ts';
import type { ImportOrder } from '../../domain/tasks/import-task.ts';
import type { ServiceParts } from '../service-parts.ts';
import { TaskInterrupted } from '../tasks/running-task.ts';
import type { RunningTask } from '../tasks/running-task.ts';
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
  const image = newImage(request, { id: imageId, projectId: running.task.owner, createdAt: parts.clock.now() });
  checkNewImage(request, image, parts.limits);
  await parts.images.create(image);
}

function orderOf({ stores }: ServiceParts, { uri }: LegacyImport): ImportOrder {
  return { method: 'web-download', uri, remote: null, stores: [stores.default.id], allStoresMustSucceed: true };
}
