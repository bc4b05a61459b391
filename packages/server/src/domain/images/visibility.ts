/**
 * Which images exist for a caller: by id, and in lists. The database adapters say the same in their own language;
 * these predicates are what they are compared with. Source: contract 02 §5, §9.1, 06 §1, 12 §8.
 */
import type { ImageStatus } from '@lucarne/contract/image-attributes.ts';
import type { Viewer } from '../request-context.ts';
import type { Image, ImageMember } from './image.ts';
import type { ImageListQuery } from './list-query.ts';

type Shareable = Pick<Image, 'status' | 'visibility' | 'owner' | 'hidden'>;
type Membership = Pick<ImageMember, 'memberId' | 'status'>;

const goneStatuses: readonly ImageStatus[] = ['deleted', 'pending_delete'];

/**
 * Whether the viewer can name the image by its id. A member project can, whatever the status of its membership; an
 * image of nobody is visible to everybody. Policy may still say no.
 */
export function isVisible(image: Shareable, members: readonly Membership[], viewer: Viewer): boolean {
  if (goneStatuses.includes(image.status)) return false;
  if (viewer.isAdmin || image.owner === null) return true;
  if (image.visibility === 'public' || image.visibility === 'community') return true;
  return isOwn(image, viewer) || isSharedWith(image, members, { viewer, memberStatus: 'all' });
}

/** Whether the image belongs into the list the query asks for, before any of its filters. */
export function isListed(image: Shareable, members: readonly Membership[], query: ImageListQuery): boolean {
  if (goneStatuses.includes(image.status) || image.status === 'killed') return false;
  if (image.hidden !== query.hidden) return false;
  if (query.visibility === null) return isListedByDefault(image, members, query);
  if (query.visibility !== 'all' && query.visibility !== image.visibility) return false;
  return image.visibility === 'community' || isListedByDefault(image, members, query);
}

/** Community images of other projects are listed only to those who ask for them. */
function isListedByDefault(image: Shareable, members: readonly Membership[], query: ImageListQuery): boolean {
  if (isOwn(image, query.viewer)) return true;
  if (query.viewer.isAdmin) return image.visibility !== 'community';
  return image.visibility === 'public' || isSharedWith(image, members, query);
}

function isOwn(image: Shareable, viewer: Viewer): boolean {
  return viewer.projectId !== null && image.owner === viewer.projectId;
}

/** Memberships count only while the image is shared. */
function isSharedWith(
  image: Shareable,
  members: readonly Membership[],
  query: Pick<ImageListQuery, 'viewer' | 'memberStatus'>,
): boolean {
  if (image.visibility !== 'shared') return false;
  return members.some(
    ({ memberId, status }) =>
      memberId === query.viewer.projectId && (query.memberStatus === 'all' || query.memberStatus === status),
  );
}
