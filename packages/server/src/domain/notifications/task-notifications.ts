/** What others are told about tasks; what went in, what came out and why is withheld. Source: contract 13 A4. */
import type { Task } from '../tasks/task.ts';
import { deletionMembers, nullablePayloadTime, payloadTime } from './notification.ts';
import type { Notification } from './notification.ts';

/** `deletedAt` goes with `delete`. */
export function taskNotification(
  event: 'create' | 'delete' | 'run' | 'processing' | 'success' | 'failure',
  task: Task,
  deletedAt?: Date,
): Notification {
  const payload = {
    id: task.id,
    type: task.type,
    status: task.status,
    result: null,
    owner: task.owner,
    message: null,
    expires_at: nullablePayloadTime(task.expiresAt),
    created_at: payloadTime(task.createdAt),
    updated_at: payloadTime(task.updatedAt),
    ...deletionMembers(deletedAt),
  };
  // What a task does to its image and what becomes of the task are one story.
  return { type: `task.${event}`, priority: 'INFO', payload, subject: task.id, stream: task.imageId ?? task.id };
}
