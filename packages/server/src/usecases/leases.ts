/** How long work is promised to be renewed before others may take it over, and keeping that promise. */
import { ImageServiceError } from '../domain/errors.ts';
import type { ImageWork } from '../ports/image-work-repository.ts';
import type { ServiceParts } from './service-parts.ts';

type Parts = Pick<ServiceParts, 'clock' | 'data'>;

/** The time until which a lease taken or renewed now holds. */
function leaseEnd(parts: Parts): Date {
  return new Date(parts.clock.now().getTime() + parts.data.leaseSeconds * 1000);
}

/** A lease of one's own, from now. */
export function newLease(parts: Parts & Pick<ServiceParts, 'ids'>): Pick<ImageWork, 'leaseId' | 'expiresAt'> {
  return { leaseId: parts.ids.next(), expiresAt: leaseEnd(parts) };
}

export interface KeptLease {
  stop(): void;
  /** Raises once the lease was found to be lost, or the image to be gone. */
  proceed(): void;
  /** Makes sure that it is still held, and for a whole term from now. Raises when it is not. */
  confirm(): Promise<void>;
  /** The work with the time until which it is held. */
  work(): ImageWork;
  /** Whether it is held at this moment, as far as this process knows; for the last look before something is removed. */
  isHeld(): boolean;
}

/** Renews a lease until it is stopped; `renewal` renews it once and says whether it is still held. */
export function keepLease(
  parts: Parts & Pick<ServiceParts, 'work'>,
  begun: ImageWork,
  renewal: (renewed: ImageWork) => Promise<boolean> = (renewed) => parts.work.renew(renewed),
): KeptLease {
  let work = begun;
  let lost = false;

  async function renew(): Promise<void> {
    const renewed = { ...work, expiresAt: leaseEnd(parts) };
    if (await renewal(renewed)) work = renewed;
    else lost = true;
  }

  function proceed(): void {
    if (lost) throw givenUp(work);
  }

  return {
    stop: parts.clock.every((parts.data.leaseSeconds * 1000) / 3, renew),
    proceed,
    async confirm() {
      await renew();
      proceed();
    },
    work: () => work,
    isHeld: () => !lost && parts.clock.now() < work.expiresAt,
  };
}

/** The image is gone, or somebody else looks after it now. */
export function givenUp(work: Pick<ImageWork, 'imageId'>): Error {
  return new ImageServiceError('gone', `Image ${work.imageId} was deleted or the work on it was given up meanwhile.`);
}
