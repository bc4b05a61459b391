/**
 * What is known of the copies in the cache of this node: how often and when they were used. Source: contract 08 §2, §5,
 * 12 §5.
 *
 * The books only tell of the files, which may come and go without them; `usecases/cache/reconcile.ts` brings them
 * together again. Other nodes' entries in the same books are never touched. Times keep their milliseconds.
 */
export interface CachedImage {
  readonly imageId: string;
  readonly sizeBytes: number;
  readonly hits: number;
  readonly lastAccessed: Date;
  readonly lastModified: Date;
  /** MD5 of the copy, lower-case hex; null when whoever made it did not say. */
  readonly checksum: string | null;
}

export interface CacheEntry extends CachedImage {
  /** Number of the row where rows are numbered, else null. */
  readonly row: number | null;
}

/** How often, and when last, a copy was used since that was last written down. */
export interface CacheHits {
  readonly count: number;
  readonly lastAt: Date;
}

export interface CacheBooks {
  /** Entries of this node: in row order where rows are numbered, else by image id. */
  list(): Promise<readonly CacheEntry[]>;
  find(imageId: string): Promise<CacheEntry | undefined>;
  /** Enters a copy, in place of an entry of that image. */
  enter(image: CachedImage): Promise<void>;
  /** Enters a copy unless the image has an entry. */
  enterIfAbsent(image: CachedImage): Promise<void>;
  /** False when there is no entry. */
  strike(imageId: string): Promise<boolean>;
  /** Adds to what the entries say, and never moves a time back; images without one are left out. */
  addHits(hits: ReadonlyMap<string, CacheHits>): Promise<void>;
  /**
   * URLs of the nodes that have a copy of an image, in the order in which the nodes became known; null when these
   * books are of one node alone.
   */
  nodesOf(imageId: string): Promise<readonly string[] | null>;
}
