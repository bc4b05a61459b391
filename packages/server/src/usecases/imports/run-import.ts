/**
 * An import from its task to an active image. Every step is written before the next one begins, and can be repeated:
 * a process that takes the task over goes on behind the last step. A failure is written down first and then undone.
 * Source: contract 04 §5, §6.
 */
import { isImageServiceError } from '../../domain/errors.ts';
import { importOrderOf, stageHostProperty, statusesBeforeImport } from '../../domain/tasks/import-task.ts';
import type { ImportOrder } from '../../domain/tasks/import-task.ts';
import type { ServiceParts } from '../service-parts.ts';
import { TaskInterrupted } from '../tasks/running-task.ts';
import type { RunningTask } from '../tasks/running-task.ts';
import { applyPlugins } from './apply-plugins.ts';
import { abandonImport, finishImport, undoImport } from './end-import.ts';
import { fetchData } from './fetch-data.ts';
import { StoreFailure, fillStores } from './fill-stores.ts';
import { recordAttempt, withdrawAttempt } from './import-attempts.ts';
import { limitsOfTask } from './import-limits.ts';
import type { ImportFailure } from './import-progress.ts';
import { failTask, listProperties, trackProgress, withStores } from './running-import.ts';
import type { RunningImport } from './running-import.ts';

export async function runImport(
  parts: ServiceParts,
  running: RunningTask,
  order: ImportOrder | undefined = importOrderOf(running.task),
): Promise<void> {
  if (order === undefined) return failTask(parts, running, 'The import asks for something this service does not know.');
  const run = trackProgress(running, withStores(parts, order));
  try {
    await recordAttempt(run);
    await importOrUndo(parts, run);
  } catch (error) {
    if (!(error instanceof TaskInterrupted)) throw error;
    if (error.interruption === 'lease-lost') await withdrawAttempt(parts, run);
    if (error.interruption !== 'image-gone') throw error;
    await abandonImport(parts, run);
  }
}

async function importOrUndo(parts: ServiceParts, run: RunningImport): Promise<void> {
  if (run.progress().failure === null && !run.progress().filled) {
    try {
      await begin(parts, run);
      await fetchData(parts, run);
      await applyPlugins(parts, run);
      await fillStores(parts, run);
      await run.record({ filled: true });
    } catch (error) {
      if (error instanceof TaskInterrupted) throw error;
      // What is stopped raises whatever it likes.
      run.proceed();
      // An image that is active has its data; what went wrong behind that is not its affair.
      if (await isActiveByNow(run)) parts.report('import ended untidily', { taskId: run.task.id, error });
      else await run.record({ failure: failureOf(parts, run, error) });
    }
  }
  // From here on nothing is a failure of the import: whoever takes the task over tries again.
  await (run.progress().failure === null ? finishImport(parts, run) : undoImport(parts, run));
}

async function isActiveByNow(run: RunningImport): Promise<boolean> {
  if (run.order.method === 'copy-image') return false;
  const { status } = await run.image();
  return status === 'active' || status === 'deactivated';
}

/** From now on everybody sees that the image is being imported, and to which stores. */
async function begin(parts: ServiceParts, run: RunningImport): Promise<void> {
  const { task, order } = run;
  if (task.status === 'processing') return;
  const image = await run.image();
  const lists = listProperties(parts, image, { begun: order.stores });
  const properties = new Map<string, string | null>([...lists, [stageHostProperty, null]]);
  const step =
    order.method === 'copy-image'
      ? { from: ['active' as const, 'deactivated' as const], properties }
      : { from: statusesBeforeImport(order.method), to: 'importing' as const, properties };
  const { diskFormat: disk, containerFormat: container } = image;
  const formats = disk === null || container === null ? null : { disk, container };
  // What was staged by a call counts already.
  const counted = order.method === 'glance-direct' ? [] : (['image_count_uploading'] as const);
  const limits = await limitsOfTask(parts, run, counted);
  const kept = image.locations.map(({ url }) => url);
  await run.record({ kept, formats }, { image: step, task: { status: 'processing' }, limits });
}

/** What a person is told, and what becomes of the stores and the staged data. */
function failureOf(parts: ServiceParts, { order, task }: RunningImport, error: unknown): ImportFailure {
  const message = reasonOf(error);
  if (message === null) parts.report('import failed', { taskId: task.id, imageId: task.imageId, error });
  const stores = error instanceof StoreFailure && order.allStoresMustSucceed ? error.stores : order.stores;
  // Data that came by a call of the client stay where they are when a store failed: only the client has them.
  const isRetryable = order.method === 'glance-direct' || order.method === 'copy-image';
  const keepsStaged = isRetryable && error instanceof StoreFailure && order.allStoresMustSucceed;
  return {
    message: message ?? 'An internal error ended the import; the log of the service says more.',
    stores,
    keepsStaged,
  };
}

/** Null when the reason is not for everybody's eyes. */
function reasonOf(error: unknown): string | null {
  if (error instanceof StoreFailure) {
    const reason = reasonOf(error.cause) ?? 'it failed; the log of the service says more.';
    return `Store ${error.stores.join(', ')}: ${reason}`;
  }
  return isImageServiceError(error) ? error.message : null;
}
