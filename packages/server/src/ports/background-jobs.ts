/**
 * Work that goes on in this process after its call was answered. A bounded number runs at the same time, the others
 * wait in order. The work itself is under a lease, so nothing is lost when the process ends.
 */
export interface BackgroundJobs {
  /** Runs the job when there is a place for it. What it raises is reported. */
  start(job: () => Promise<void>): void;
  /** Whether a job would run at once. */
  hasRoom(): boolean;
  /** Aborted when the process is about to end; jobs stop then and leave what remains to others. */
  readonly stopping: AbortSignal;
}
