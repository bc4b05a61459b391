/** How the record of a task begins. Source: contract 04 §8. */
import type { RequestContext } from '../../domain/request-context.ts';
import type { Task } from '../../domain/tasks/task.ts';
import type { ServiceParts } from '../service-parts.ts';

/** A task of the caller that nobody has begun; the caller of this function records it. */
export function newTask(
  parts: Pick<ServiceParts, 'ids' | 'clock'>,
  context: Pick<RequestContext, 'projectId' | 'requestId' | 'userId'>,
  { type, imageId, input }: Pick<Task, 'type' | 'imageId' | 'input'>,
): Task {
  const now = parts.clock.now();
  return {
    id: parts.ids.next(),
    type,
    status: 'pending',
    owner: context.projectId ?? '',
    expiresAt: null,
    createdAt: now,
    updatedAt: now,
    imageId,
    requestId: context.requestId,
    userId: context.userId,
    input,
    result: null,
    message: '',
  };
}
