/** The tasks calls: list, show, create. A task cannot be deleted; it expires. Source: contract 04 §8.2. */
import { badRequest, notFound } from '../../domain/errors.ts';
import { nextMarker, pageLinks } from '../../domain/images/page-links.ts';
import type { PageLinks } from '../../domain/images/page-links.ts';
import { checkImportUri } from '../../domain/imports/uri-filter.ts';
import { emptyTarget } from '../../domain/policy/named-values.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { parseNewTask } from '../../domain/tasks/new-task.ts';
import { parseTaskList } from '../../domain/tasks/task-list.ts';
import type { Task } from '../../domain/tasks/task.ts';
import type { QueryPair } from '../../lib/query-string.ts';
import type { ImageWork } from '../../ports/image-work-repository.ts';
import { authorize } from '../authorization.ts';
import { formatProgress, newProgress } from '../imports/import-progress.ts';
import { newLease } from '../leases.ts';
import { findPropertyGrants } from '../property-rights.ts';
import type { ServiceParts } from '../service-parts.ts';
import { newTask } from './new-task.ts';
import { startTask } from './run-task.ts';
import { takeUpTask } from './running-task.ts';

type ReadParts = Pick<ServiceParts, 'tasks' | 'policy' | 'limits' | 'clock'>;

export interface TaskPage {
  readonly tasks: readonly Task[];
  readonly links: PageLinks;
}

export async function listTasks(
  parts: ReadParts,
  context: RequestContext,
  input: { readonly path: string; readonly query: readonly QueryPair[] },
): Promise<TaskPage> {
  await authorizeTasks(parts, context);
  const query = parseTaskList(input.query, context, parts.limits);
  await dropExpired(parts, context);
  if (query === null) return { tasks: [], links: pageLinks(input.path, input.query, null) };
  if (query.marker !== null && (await parts.tasks.show(context, query.marker)) === undefined) {
    throw badRequest(`The marker ${query.marker} is not a task a list can continue from.`);
  }
  const tasks = await parts.tasks.list(query);
  return { tasks, links: pageLinks(input.path, input.query, nextMarker(tasks, query.limit)) };
}

export async function showTask(parts: ReadParts, context: RequestContext, taskId: string): Promise<Task> {
  await authorizeTasks(parts, context);
  await dropExpired(parts, context);
  const task = await parts.tasks.show(context, taskId);
  if (task === undefined) throw notFound(`There is no task with ID ${taskId}.`);
  return task;
}

/** Starts an import that makes its image itself. */
export async function createTask(
  parts: ServiceParts,
  context: RequestContext,
  readBody: () => Promise<object>,
): Promise<Task> {
  await authorizeTasks(parts, context);
  const input = parseNewTask(await readBody(), (document) => parts.taskSchema(document));
  const uri = input['import_from'];
  if (typeof uri !== 'string') throw badRequest('The input needs "import_from", the URL of the data.');
  checkImportUri(parts.imports.filter, uri);
  const now = parts.clock.now();
  const task = newTask(parts, context, { type: 'import', imageId: null, input });
  const progress = formatProgress(newProgress(context.roles, await findPropertyGrants(parts, context)));
  const attempt = { attemptId: task.id, storeId: null, progress };
  const work: ImageWork = { kind: 'task', imageId: parts.ids.next(), ...attempt, ...newLease(parts) };
  await parts.work.recordTask(work, task, now);
  startTask(parts, takeUpTask(parts, task, work));
  return task;
}

/** Whether the caller may use these calls at all; before anything else is looked at. */
export async function authorizeTasks(parts: Pick<ServiceParts, 'policy'>, context: RequestContext): Promise<void> {
  await authorize(parts, context, { rule: 'tasks_api_access', target: emptyTarget });
}

async function dropExpired(parts: ReadParts, { projectId }: RequestContext): Promise<void> {
  if (projectId !== null) await parts.tasks.expire(projectId, parts.clock.now());
}
