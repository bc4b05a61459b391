/** Tasks of an image. Source: contract 04 §8.1. */
import type { ServiceParts } from '../../usecases/service-parts.ts';
import { listImageTasks } from '../../usecases/tasks/list-image-tasks.ts';
import { jsonAnswer, pathParameter } from '../api-call.ts';
import type { OperationHandler } from '../api-call.ts';
import { imageTaskView } from '../views/task-view.ts';

export function listImageTasksHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const tasks = await listImageTasks(parts, call.context, pathParameter(call, 'image_id'));
    return jsonAnswer(200, { tasks: tasks.map(imageTaskView) });
  };
}
