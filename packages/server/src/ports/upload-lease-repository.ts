/**
 * Who is writing the data of an image right now. A lease that is not renewed expires; whoever finds it expired may
 * take the upload back. Invariant: every object that is being written has exactly one lease row, so that a dead
 * upload leaves nothing behind and blocks nobody. Source: architecture, invariants 2 and 4.
 */
export interface UploadLease {
  readonly imageId: string;
  /** Identifies one attempt; part of the temporary object's name. */
  readonly uploadId: string;
  readonly expiresAt: Date;
}

export interface UploadLeaseRepository {
  /** Records the attempt. A lease of the same image that has not expired raises `conflict`. */
  acquire(lease: UploadLease, now: Date): Promise<void>;
  /** Moves the expiry. False when the lease was taken away; the upload must stop. */
  renew(lease: UploadLease): Promise<boolean>;
  /** Removes the lease; without effect when it is gone already. */
  release(imageId: string, uploadId: string): Promise<void>;
  /** Leases whose time has run out, oldest first, at most 100. */
  listExpired(now: Date): Promise<readonly UploadLease[]>;
}
