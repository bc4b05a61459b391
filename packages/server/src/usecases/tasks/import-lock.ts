/** When the import lock of an image is in the way, and when its holder counts as dead. Source: contract 04 §4. */
import type { Image } from '../../domain/images/image.ts';
import { importLockProperty } from '../../domain/tasks/import-task.ts';
import type { Task } from '../../domain/tasks/task.ts';
import type { ServiceParts } from '../service-parts.ts';

const minute = 60_000;

/** A task says at least once a minute that it is alive; one that waits for its turn does not. */
export function isStaleLock(now: Date): (holder: Task | undefined) => boolean {
  return (holder) => {
    if (holder === undefined) return true;
    const patience = (holder.status === 'pending' ? 120 : 60) * minute;
    return now.getTime() - holder.updatedAt.getTime() >= patience;
  };
}

/** Id of the live task that holds the lock of the image; null when none does. */
export async function lockedBy(parts: Pick<ServiceParts, 'tasks' | 'clock'>, image: Image): Promise<string | null> {
  const taskId = image.properties.get(importLockProperty);
  if (taskId === undefined || taskId === null) return null;
  const holder = await parts.tasks.show({ isAdmin: true, projectId: null }, taskId);
  return isStaleLock(parts.clock.now())(holder) ? null : taskId;
}
