/** An import while this process works on it: its order, and how far it is. */
import type { Image } from '../../domain/images/image.ts';
import { progressProperties } from '../../domain/tasks/import-task.ts';
import type { ImportOrder, ProgressChange } from '../../domain/tasks/import-task.ts';
import type { TaskStep } from '../../ports/image-work-repository.ts';
import type { ServiceParts } from '../service-parts.ts';
import type { RunningTask } from '../tasks/running-task.ts';
import { formatProgress, parseProgress } from './import-progress.ts';
import type { ImportProgress } from './import-progress.ts';

export interface RunningImport extends RunningTask {
  readonly order: ImportOrder;
  progress(): ImportProgress;
  /** Writes how far the import is, with what else belongs to the step. */
  record(progress: Partial<ImportProgress>, step?: TaskStep): Promise<void>;
}

/** An order without stores is one to the one store that has no id. */
export function withStores({ stores }: Pick<ServiceParts, 'stores'>, order: ImportOrder): ImportOrder {
  return stores.multiStore ? order : { ...order, stores: [stores.default.id] };
}

/** The list properties after a change; a service with one store names none in them. */
export function listProperties(
  { stores }: Pick<ServiceParts, 'stores'>,
  image: Pick<Image, 'properties'>,
  change: ProgressChange,
): ReadonlyMap<string, string> {
  return progressProperties(image, stores.multiStore ? change : {});
}

export function trackProgress(running: RunningTask, order: ImportOrder): RunningImport {
  let progress = parseProgress(running.lease.work().progress);
  return {
    ...running,
    order,
    progress: () => progress,
    async record(change, step = {}) {
      const next = { ...progress, ...change };
      await running.advance({ ...step, progress: formatProgress(next) });
      progress = next;
    },
  };
}

/** Ends a task that has done nothing that would have to be undone. */
export async function failTask(parts: ServiceParts, running: RunningTask, message: string): Promise<void> {
  await running.advance({ task: { status: 'failure', message, expiresAt: taskExpiry(parts) }, ends: true });
}

/** When the record of a task that ends now may be dropped. */
export function taskExpiry(parts: Pick<ServiceParts, 'clock' | 'imports'>): Date {
  return new Date(parts.clock.now().getTime() + parts.imports.taskTimeToLiveHours * 3_600_000);
}
