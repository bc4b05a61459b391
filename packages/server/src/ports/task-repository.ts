/**
 * Records of tasks. What changes them while they run is `ImageWorkRepository`, because a task changes together with
 * its image. Source: contract 04 §8, 12 §4.
 *
 * A task exists for its project and for administrators. Every method is one transaction.
 */
import type { Task } from '../domain/tasks/task.ts';
import type { Viewer } from '../domain/request-context.ts';
import type { TaskListQuery } from '../domain/tasks/task-list.ts';

export interface TaskRepository {
  /** A task the viewer may see, or undefined. Expired ones are shown until `expire` was called. */
  show(viewer: Viewer, id: string): Promise<Task | undefined>;

  /** One page, in the order asked for, then by creation and id in the same direction. */
  list(query: TaskListQuery): Promise<readonly Task[]>;

  /** From now on the tasks of a project that expired at `now` or before exist for nobody. */
  expire(projectId: string, now: Date): Promise<void>;

  /** Tasks of an image that the viewer may see and that have not expired at `now`, oldest first. */
  listOfImage(viewer: Viewer, imageId: string, now: Date): Promise<readonly Task[]>;
}
