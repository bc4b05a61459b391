/** How long work is promised to be renewed before others may take it over. */
import type { ImageWork } from '../ports/image-work-repository.ts';
import type { ServiceParts } from './service-parts.ts';

/** The time until which a lease taken or renewed now holds. */
export function leaseEnd(parts: Pick<ServiceParts, 'clock' | 'data'>): Date {
  return new Date(parts.clock.now().getTime() + parts.data.leaseSeconds * 1000);
}

/** A lease of one's own, from now. */
export function newLease(
  parts: Pick<ServiceParts, 'clock' | 'data' | 'ids'>,
): Pick<ImageWork, 'leaseId' | 'expiresAt'> {
  return { leaseId: parts.ids.next(), expiresAt: leaseEnd(parts) };
}
