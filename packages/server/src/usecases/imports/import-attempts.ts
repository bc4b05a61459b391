/**
 * The attempts at an import: each process that works on it writes under an id of its own, that of its lease. So one that
 * stood still, and finds the import taken over when it goes on, can neither harm what its successor writes nor
 * publish what it wrote itself. The ids are written down before anything is written under them.
 */
import type { AttachedStore } from '../../ports/image-stores.ts';
import { storeNamed } from '../image-locations.ts';
import type { ServiceParts } from '../service-parts.ts';
import type { RunningImport } from './running-import.ts';

/** Id under which this process writes. */
export function attemptIdOf(run: Pick<RunningImport, 'lease'>): string {
  return run.lease.work().leaseId;
}

export async function recordAttempt(run: RunningImport): Promise<void> {
  const { attempts } = run.progress();
  if (!attempts.includes(attemptIdOf(run))) await run.record({ attempts: [...attempts, attemptIdOf(run)] });
}

/** Removes what any attempt left in a store, except what locations own. */
export async function discardAttempts(
  run: RunningImport,
  { attached, keptUrls }: { readonly attached: AttachedStore; readonly keptUrls: readonly string[] },
): Promise<void> {
  for (const attemptId of run.progress().attempts) {
    await attached.store.discard(run.lease.work().imageId, attemptId, { keptUrls, isHeld: run.lease.isHeld });
  }
}

/**
 * Removes what this process was still writing when the import was no longer its own. What has its final name is not
 * touched: it may be the successor's. Whatever fails is found by who compares stores and records.
 */
export async function withdrawAttempt(parts: Pick<ServiceParts, 'stores'>, run: RunningImport): Promise<void> {
  for (const id of run.order.stores) {
    const attached = storeNamed(parts.stores, id);
    if (attached === undefined || attached.readOnly) continue;
    const ownership = { keptUrls: [], isHeld: () => false };
    await attached.store.discard(run.lease.work().imageId, attemptIdOf(run), ownership).catch(() => undefined);
  }
}
