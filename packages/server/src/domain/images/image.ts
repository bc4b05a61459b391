/**
 * An image as the service thinks of it. Wire names live in the views of `http/`, column names in `adapters/sql/`.
 * Source: contract 02 §1.
 */
import type { ImageStatus, ImageVisibility, MemberStatus } from '@lucarne/contract/image-attributes.ts';

export interface ImageLocation {
  /** URL of the stored object, in the form its store writes (contract 05 §8). */
  readonly url: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface Image {
  readonly id: string;
  readonly name: string | null;
  readonly status: ImageStatus;
  readonly visibility: ImageVisibility;
  readonly protected: boolean;
  readonly hidden: boolean;
  readonly owner: string | null;
  readonly diskFormat: string | null;
  readonly containerFormat: string | null;
  readonly minDiskGib: number;
  readonly minRamMib: number;
  /** Bytes of one copy; null until data were stored. */
  readonly sizeBytes: number | null;
  /** Bytes the guest sees. A header may claim up to 2^63 − 1, hence bigint. */
  readonly virtualSizeBytes: bigint | null;
  /** MD5 of the data, lower-case hex. */
  readonly checksum: string | null;
  readonly hashAlgorithm: string | null;
  readonly hashValue: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /**
   * Custom properties by name. A Map, because `__proto__` and `constructor` are legal names. null only where the image
   * schema of the site allows it, or where an old record says so.
   */
  readonly properties: ReadonlyMap<string, string | null>;
  /** A set; kept as a list without duplicates. */
  readonly tags: readonly string[];
  /** Active locations, in row order. */
  readonly locations: readonly ImageLocation[];
}

export interface ImageMember {
  readonly imageId: string;
  /** The project the image is shared with. */
  readonly memberId: string;
  readonly status: MemberStatus;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
