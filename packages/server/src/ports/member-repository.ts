/**
 * Members of images. One live row per (image, project); a removed row is revived by `create`, keeping its
 * `createdAt`. Source: contract 06 §1, 12 §3.
 */
import type { MemberStatus } from '@lucarne/contract/image-attributes.ts';
import type { ImageMember } from '../domain/images/image.ts';
import type { Addition } from './image-repository.ts';

/** What a member says about an image, and when. */
export interface MemberDecision {
  readonly status: MemberStatus;
  readonly at: Date;
}

export interface MemberRepository {
  /** Live members in row order; `only` limits the answer to that project's row. */
  list(imageId: string, only?: string): Promise<readonly ImageMember[]>;
  show(imageId: string, memberId: string): Promise<ImageMember | undefined>;
  /**
   * Creates or revives a row with status pending. One more than the quota raises `limitExceeded`, also of a member there
   * is; then a live row raises `conflict`. A vanished image raises `notFound`.
   */
  create(imageId: string, memberId: string, addition: Addition): Promise<ImageMember>;
  /** Undefined when there is no live row. */
  update(imageId: string, memberId: string, decision: MemberDecision): Promise<ImageMember | undefined>;
  /** False when there is no live row. */
  delete(imageId: string, memberId: string, at: Date): Promise<boolean>;
}
