/**
 * Data that nobody refers to any more and that wait to be removed: those of images whose deletion is put off, and of
 * locations that were dropped. Source: contract 02 §6, 05 §2, 12 §7.
 *
 * Who removes them does so under work of kind `scrub`, one at a time on an image, with leases as in
 * `image-work-repository.ts`. Work that `begin` takes on an image whose deletion is put off is about all that waits on
 * it. Any other is about what was dropped: when the image is deleted meanwhile, the data it had then wait in peace.
 * Another scrubber on the same database, which knows of no leases, may do the same at the
 * same time: all that is written here bears it. Every method is one transaction.
 */
import type { ImageLocation } from '../domain/images/image.ts';
import type { ImageWork } from './image-work-repository.ts';

export interface WaitingData {
  /** What waits, each URL once. */
  readonly locations: readonly ImageLocation[];
  /** URLs that locations refer to which are in use, or come back with the image: their data stay whatever else waits. */
  readonly keptUrls: readonly string[];
  /** The image is deleted, and can be restored as long as its data are there. */
  readonly isRestorable: boolean;
}

/** Data of an image that could be restored; `live` and `gone` have none. */
export type DeletedImage =
  | { readonly kind: 'restorable'; readonly locations: readonly ImageLocation[] }
  /** It was not deleted. */
  | { readonly kind: 'live' }
  /** Its data are removed or are being removed. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'unknown' };

export interface ScrubRepository {
  /**
   * Ids of images with data that are due: deleted at `deletedBefore` or earlier, or dropped from an image whose deletion
   * is not put off. Without those that are being worked on; those that dropped data, then those deleted, longest deleted
   * first, at most 100 of each. `behind` is the last id of a page; the next one has those deleted after it.
   */
  listDue(deletedBefore: Date, behind?: string): Promise<readonly string[]>;

  /**
   * Takes the data of an image on. False when nothing is due any more, or somebody else works on it. Of an image whose
   * deletion is put off it supersedes work that is about dropped data alone.
   */
  begin(work: ImageWork, deletedBefore: Date): Promise<boolean>;

  /** What waits on the image and is the business of work one holds; undefined when it was taken over. */
  listWaiting(work: ImageWork): Promise<WaitingData | undefined>;

  /**
   * Records that the data at a URL are gone. With the last of them an image whose deletion was put off is `deleted`.
   * False, and nothing written, when the work was taken over.
   */
  markRemoved(work: ImageWork, url: string, at: Date): Promise<boolean>;

  /**
   * Makes a dropped location one of the image again. False, and nothing written, when the image is not there any more
   * or the work was taken over.
   */
  giveBack(work: ImageWork, url: string, at: Date): Promise<boolean>;

  /** Ends the lease, whatever still waits. Without effect when the work was taken over. */
  end(work: ImageWork, at: Date): Promise<void>;

  /** What could be restored of an image: the locations it had when it was deleted, as far as they wait. */
  findDeleted(imageId: string): Promise<DeletedImage>;

  /**
   * Brings an image whose deletion was put off back as `active`, with those of its locations that have such a URL and
   * with all that was soft-deleted with it but the notes of the service about work that was under way. Its locations with
   * other URLs become `deleted`; those it had dropped before wait on. False, and nothing written, when it is not
   * restorable any more.
   */
  restore(imageId: string, urls: readonly string[], at: Date): Promise<boolean>;
}
