/** Tasks: what works on images in the background. Source: contract 04 §8. */
import type {
  ImageTaskList,
  TaskCreateRequest,
  TaskList,
  TaskListQuery,
  TaskStubView,
  TaskView,
} from '@lucarne/contract/wire.ts';
import { callOf, jsonBody, sendForJson, sendForNothing } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';
import { eachItem } from './pages.ts';

/** All but `listImageTasks` are for administrators: 403 for others. */
export interface TaskMethods {
  /** Tasks of the caller's project that worked on an image; an administrator sees those of all projects. */
  listImageTasks(imageId: string, options?: CallOptions): Promise<ImageTaskList>;
  /** One page. `next` of the answer says whether there may be more. */
  listTasks(query?: TaskListQuery, options?: CallOptions): Promise<TaskList>;
  /** All tasks a query finds, page after page; `limit` is the size of a page. Stops asking when the loop stops. */
  eachTask(query?: TaskListQuery, options?: CallOptions): AsyncGenerator<TaskStubView, void>;
  /** Resolves when the task has been accepted. Deprecated by the Image API in favour of `importImage`. */
  createTask(request: TaskCreateRequest, options?: CallOptions): Promise<TaskView>;
  showTask(taskId: string, options?: CallOptions): Promise<TaskView>;
  /** Refused always, 405: tasks expire by themselves. */
  deleteTask(taskId: string, options?: CallOptions): Promise<void>;
}

export function taskMethods(connection: Connection): TaskMethods {
  return {
    listImageTasks: (imageId, options) =>
      sendForJson(connection, { ...callOf('listImageTasks', { image_id: imageId }), ...options }),
    listTasks: (query = {}, options = {}) => listTasks(connection, query, options),
    eachTask: (query = {}, options = {}) =>
      eachItem({ query, list: (page) => listTasks(connection, page, options), itemsOf: ({ tasks }) => tasks }),
    createTask: (request, options) =>
      sendForJson(connection, { ...callOf('createTask', {}), ...jsonBody(request), ...options }),
    showTask: (taskId, options) => sendForJson(connection, { ...callOf('showTask', { task_id: taskId }), ...options }),
    deleteTask: (taskId, options) =>
      sendForNothing(connection, { ...callOf('deleteTask', { task_id: taskId }), ...options }),
  };
}

function listTasks(connection: Connection, query: TaskListQuery, options: CallOptions): Promise<TaskList> {
  return sendForJson(connection, { ...callOf('listTasks', {}), query: { ...query }, ...options });
}
