/** Tasks as clients see them. Source: contract 04 §8. */
import type { ImageTaskView, TaskStubView, TaskView } from '@lucarne/contract/wire.ts';
import type { Task } from '../../domain/tasks/task.ts';
import { wireTime } from './image-view.ts';

/** A task among others. */
export function taskStubView(task: Task): TaskStubView {
  return {
    id: task.id,
    type: task.type,
    status: task.status,
    owner: task.owner,
    created_at: wireTime(task.createdAt),
    updated_at: wireTime(task.updatedAt),
    self: `/v2/tasks/${task.id}`,
    schema: '/v2/schemas/task',
    ...(task.expiresAt === null ? {} : { expires_at: wireTime(task.expiresAt) }),
  };
}

export function taskView(task: Task): TaskView {
  return {
    id: task.id,
    input: task.input,
    type: task.type,
    status: task.status,
    owner: task.owner,
    message: task.message ?? '',
    result: task.result,
    created_at: wireTime(task.createdAt),
    updated_at: wireTime(task.updatedAt),
    self: `/v2/tasks/${task.id}`,
    schema: '/v2/schemas/task',
    ...(task.imageId === null ? {} : { image_id: task.imageId }),
    ...(task.requestId === null ? {} : { request_id: task.requestId }),
    ...(task.userId === null ? {} : { user_id: task.userId }),
    ...(task.expiresAt === null ? {} : { expires_at: wireTime(task.expiresAt) }),
  };
}

/** A task among those of an image: a record as it is kept. */
export function imageTaskView(task: Task): ImageTaskView {
  return {
    id: task.id,
    type: task.type,
    status: task.status,
    owner: task.owner,
    expires_at: task.expiresAt === null ? null : recordTime(task.expiresAt),
    created_at: recordTime(task.createdAt),
    updated_at: recordTime(task.updatedAt),
    deleted_at: null,
    deleted: false,
    image_id: task.imageId,
    request_id: task.requestId,
    user_id: task.userId,
    input: task.input,
    result: task.result,
    message: task.message,
  };
}

/** `YYYY-MM-DDTHH:MM:SS.ffffff`, in UTC without saying so. */
function recordTime(time: Date): string {
  return `${time.toISOString().slice(0, 23)}000`;
}
