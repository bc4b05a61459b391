/** Time as the service sees it: a test can stop or move it. */
export interface Clock {
  now(): Date;
  /**
   * Calls `task` again and again with that pause between the end of one call and the start of the next, until the
   * function given back is called. A task that fails is called again all the same.
   */
  every(milliseconds: number, task: () => Promise<void>): () => void;
}
