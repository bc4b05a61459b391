/**
 * A task while this process works on it: its lease, and the steps by which it goes on.
 *
 * What a task does is repeatable: each step is written in one transaction, and whoever takes the task over goes on
 * behind the last one. Source: architecture, invariant 4; contract 04 §4.
 */
import { isImageServiceError } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import type { Claim } from '../../domain/images/project-limits.ts';
import type { CallerAccess } from '../../domain/request-context.ts';
import type { Task } from '../../domain/tasks/task.ts';
import type { ImageWork, TaskStep } from '../../ports/image-work-repository.ts';
import { keepLease } from '../leases.ts';
import type { KeptLease } from '../leases.ts';
import type { ServiceParts } from '../service-parts.ts';

/** Why work on a task stops without the task having failed. */
export type Interruption =
  /** Somebody else works on it now. */
  | 'lease-lost'
  /** The image was deleted; what was stored for it is to be removed. */
  | 'image-gone'
  /** This process is about to end; another one goes on. */
  | 'stopping'
  /** The database, or who keeps the limits, does not answer; the lease runs out, and whoever finds it goes on. */
  | 'unavailable';

export class TaskInterrupted extends Error {
  readonly interruption: Interruption;

  constructor(interruption: Interruption) {
    super(`The task was interrupted: ${interruption}.`);
    this.name = 'TaskInterrupted';
    this.interruption = interruption;
  }
}

export interface RunningTask {
  readonly task: Task;
  /** Of who asked for the task, as long as it is in the hands of the process that was asked. */
  readonly access: CallerAccess | null;
  readonly lease: KeptLease;
  /** Aborted when there is no point in going on. */
  readonly signal: AbortSignal;
  /** Writes a step. Raises `TaskInterrupted`, or `limitExceeded`. */
  advance(step: TaskStep): Promise<void>;
  /** Waits for what others know. Raises `TaskInterrupted` when they cannot be asked. */
  ask<T>(question: Promise<T>): Promise<T>;
  /** Makes the task hold what it claims, and gives what it holds. Raises `TaskInterrupted`, or `limitExceeded`. */
  reserve(claims: readonly Claim[]): Promise<readonly number[]>;
  /** Raises `TaskInterrupted` when there is no point in going on. */
  proceed(): void;
  /** Makes sure that the task is still in these hands, and for a whole lease from now. Raises `TaskInterrupted`. */
  confirm(): Promise<void>;
  /** What others read in the task from the next renewal on. */
  tell(message: string): void;
  /** The image as it is now. Raises `TaskInterrupted` when it is gone. */
  image(): Promise<Image>;
  stop(): void;
}

type Parts = Pick<
  ServiceParts,
  'images' | 'work' | 'usage' | 'clock' | 'data' | 'jobs' | 'auditTask' | 'inform' | 'report'
>;

/** What an operator reads of a task that has ended. */
function tellEnd(parts: Pick<Parts, 'inform' | 'report'>, task: Task, { task: end }: TaskStep): void {
  const { id: taskId, type, imageId, requestId } = task;
  const details = { taskId, type, imageId, requestId };
  if (end?.status === 'failure') parts.report('task failed', { ...details, reason: end.message });
  else parts.inform('task ended', details);
}

export function takeUpTask(parts: Parts, task: Task, begun: ImageWork): RunningTask {
  const stopped = new AbortController();
  const signal = AbortSignal.any([stopped.signal, parts.jobs.stopping]);
  let interruption: Interruption | undefined;
  let message: string | undefined;

  function interrupted(reason: Interruption): TaskInterrupted {
    interruption ??= reason;
    stopped.abort();
    return new TaskInterrupted(interruption);
  }

  async function renewal(renewed: ImageWork): Promise<boolean> {
    const step = { expiresAt: renewed.expiresAt, ...(message === undefined ? {} : { task: { message } }) };
    const outcome = await parts.work.advanceTask(renewed, step, parts.clock.now());
    if (outcome === 'finished') return true;
    interrupted('lease-lost');
    return false;
  }

  const lease = keepLease(parts, begun, renewal);

  async function ask<T>(question: Promise<T>): Promise<T> {
    try {
      return await question;
    } catch (error) {
      throw isImageServiceError(error, 'unavailable') ? interrupted('unavailable') : error;
    }
  }

  function proceed(): void {
    if (interruption !== undefined) throw new TaskInterrupted(interruption);
    if (parts.jobs.stopping.aborted) throw interrupted('stopping');
  }

  return {
    task,
    access: null,
    lease,
    signal,
    proceed,
    async advance(step) {
      const outcome = await ask(parts.work.advanceTask(lease.work(), step, parts.clock.now()));
      if (outcome !== 'finished') throw interrupted(outcome);
      if (step.ends !== true) return;
      const { id, type, owner: projectId, userId, requestId } = task;
      const succeeded = step.task?.status === 'success';
      parts.auditTask({ id, type, imageId: begun.imageId, projectId, userId, requestId, succeeded });
      tellEnd(parts, task, step);
    },
    ask,
    async reserve(claims) {
      const held = await ask(parts.usage.reserve(lease.work(), claims));
      if (held === undefined) throw interrupted('lease-lost');
      return held;
    },
    async confirm() {
      try {
        await ask(lease.confirm());
      } catch (error) {
        proceed();
        throw error;
      }
    },
    tell(text) {
      message = text;
    },
    async image() {
      const image = await ask(parts.images.show({ isAdmin: true, projectId: null }, begun.imageId));
      if (image === undefined) throw interrupted('image-gone');
      return image;
    },
    stop: () => lease.stop(),
  };
}
