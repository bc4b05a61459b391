/** Tasks. Source: contract 04 §8.2. */
import { ImageServiceError } from '../../domain/errors.ts';
import type { ServiceParts } from '../../usecases/service-parts.ts';
import { authorizeTasks, createTask, listTasks, showTask } from '../../usecases/tasks/tasks.ts';
import { jsonAnswer, pathParameter, taskBodyLimitBytes } from '../api-call.ts';
import type { OperationHandler } from '../api-call.ts';
import { taskStubView, taskView } from '../views/task-view.ts';

const collectionPath = '/v2/tasks';

export function listTasksHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const { tasks, links } = await listTasks(parts, call.context, { path: collectionPath, query: call.query });
    return jsonAnswer(200, {
      tasks: tasks.map(taskStubView),
      first: links.first,
      schema: '/v2/schemas/tasks',
      ...(links.next === undefined ? {} : { next: links.next }),
    });
  };
}

export function showTaskHandler(parts: ServiceParts): OperationHandler {
  return async (call) => jsonAnswer(200, taskView(await showTask(parts, call.context, pathParameter(call, 'task_id'))));
}

export function createTaskHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const task = await createTask(parts, call.context, () => call.readJson(taskBodyLimitBytes));
    return jsonAnswer(201, taskView(task), { location: `${call.origin}${collectionPath}/${task.id}` });
  };
}

/** Tasks are never deleted by a call. */
export function deleteTaskHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await authorizeTasks(parts, call.context);
    throw new ImageServiceError('methodNotAllowed', 'A task cannot be deleted; it expires by itself.', {
      headers: { allow: 'GET' },
    });
  };
}
