/** Time as the service sees it: a test can stop or move it. */
export interface Clock {
  now(): Date;
}
