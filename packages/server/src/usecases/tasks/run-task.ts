/**
 * Runs tasks in the background of this process. A task that is interrupted because the process ends is released at
 * once, so that another process, or this one after its restart, goes on with it.
 */
import { taskNotification } from '../../domain/notifications/task-notifications.ts';
import { isUnfinished } from '../../domain/tasks/task.ts';
import type { ImageWork } from '../../ports/image-work-repository.ts';
import { leftoversOf } from '../imports/import-progress.ts';
import { runImport } from '../imports/run-import.ts';
import { runLegacyImport } from '../imports/run-legacy-import.ts';
import { runLocationImport } from '../locations/run-location-import.ts';
import type { ServiceParts } from '../service-parts.ts';
import { TaskInterrupted, takeUpTask } from './running-task.ts';
import type { RunningTask } from './running-task.ts';

/** Goes on with a task whose worker died. */
export async function resumeTask(parts: ServiceParts, work: ImageWork): Promise<void> {
  const task = await parts.tasks.show({ isAdmin: true, projectId: null }, work.attemptId);
  if (task !== undefined && isUnfinished(task)) return startTask(parts, takeUpTask(parts, task, work));
  // It ended by other hands: what it had stored belongs to nobody.
  const leftovers = task === undefined ? [] : leftoversOf(parts, task, work);
  await parts.work.advanceTask(work, { ends: true, leftovers }, parts.clock.now());
}

/** Begins a task when there is a place for it; its lease is kept while it waits. */
export function startTask(parts: ServiceParts, running: RunningTask): void {
  parts.jobs.start(async () => {
    try {
      await runTask(parts, running);
    } catch (error) {
      await letGo(parts, running, error);
    } finally {
      running.stop();
    }
  });
}

async function runTask(parts: ServiceParts, running: RunningTask): Promise<void> {
  running.proceed();
  const { id: taskId, type, imageId, requestId } = running.task;
  parts.inform('task at work', { taskId, type, imageId, requestId });
  const isNew = running.task.status === 'pending';
  if (isNew) await running.ask(parts.events.publish([taskNotification('run', running.task)]));
  switch (running.task.type) {
    case 'api_image_import':
      return runImport(parts, running);
    case 'import':
      return runLegacyImport(parts, running);
    case 'location_import':
      return runLocationImport(parts, running);
  }
}

async function letGo(parts: ServiceParts, running: RunningTask, error: unknown): Promise<void> {
  const work = running.lease.work();
  if (!(error instanceof TaskInterrupted)) {
    // Whoever finds the lease expired tries again.
    parts.report('task not finished yet', { taskId: running.task.id, imageId: work.imageId, error });
  } else if (error.interruption === 'stopping') {
    const now = parts.clock.now();
    await parts.work.advanceTask(work, { expiresAt: now }, now);
  }
}
