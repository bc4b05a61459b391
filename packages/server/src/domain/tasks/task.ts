/**
 * A task: the record of work that goes on after its call was answered. Source: contract 04 §8, 12 §4.
 */
import type { TaskStatus, TaskType } from '@lucarne/contract/wire.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Task {
  readonly id: string;
  readonly type: TaskType;
  readonly status: TaskStatus;
  /** Project. */
  readonly owner: string;
  /** From when on a finished task is not shown any more; null until it is finished. */
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly imageId: string | null;
  readonly requestId: string | null;
  readonly userId: string | null;
  readonly input: JsonObject | null;
  readonly result: JsonObject | null;
  /** What a person should know: how far it is, or why it failed. */
  readonly message: string | null;
}

/** What may change in a task. Undefined leaves it alone. */
export interface TaskChange {
  readonly status?: TaskStatus;
  readonly expiresAt?: Date;
  readonly result?: JsonObject | null;
  readonly message?: string;
}

/** Whether work on the task goes on or will. */
export function isUnfinished(task: Pick<Task, 'status'>): boolean {
  return task.status === 'pending' || task.status === 'processing';
}
