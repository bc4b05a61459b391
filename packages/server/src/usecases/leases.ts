/** How long work is promised to be renewed before others may take it over. */
import type { ServiceParts } from './service-parts.ts';

/** The time until which a lease taken or renewed now holds. */
export function leaseEnd(parts: Pick<ServiceParts, 'clock' | 'data'>): Date {
  return new Date(parts.clock.now().getTime() + parts.data.leaseSeconds * 1000);
}
