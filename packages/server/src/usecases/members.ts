/**
 * Sharing an image with other projects. Only an image of visibility `shared` has members; the owner and admins see
 * all rows, a member project only its own. Source: contract 06.
 */
import type { MemberStatus } from '@lucarne/contract/image-attributes.ts';
import { forbidden, isImageServiceError, notFound } from '../domain/errors.ts';
import type { Image, ImageMember } from '../domain/images/image.ts';
import type { RequestContext } from '../domain/request-context.ts';
import { authorizeOnImage } from './authorization.ts';
import { loadImage } from './images/load-image.ts';
import type { ServiceParts } from './service-parts.ts';

type Parts = Pick<ServiceParts, 'images' | 'members' | 'policy' | 'clock' | 'limits'>;
interface MemberInput {
  readonly imageId: string;
  readonly memberId: string;
}

export async function listMembers(
  parts: Parts,
  context: RequestContext,
  imageId: string,
): Promise<readonly ImageMember[]> {
  const image = await loadSharedImage(parts, context, imageId);
  await authorizeOnImage(parts, context, { rules: ['get_members'], image });
  return parts.members.list(image.id, onlyRowFor(context, image));
}

export async function createMember(parts: Parts, context: RequestContext, input: MemberInput): Promise<ImageMember> {
  const image = await loadSharedImage(parts, context, input.imageId);
  await authorizeOnImage(parts, context, { rules: ['add_member'], image });
  return parts.members.create(image.id, input.memberId, { at: parts.clock.now(), quota: parts.limits.memberQuota });
}

/** Everything that stands in the way is `notFound`: an outsider must not learn who an image is shared with. */
export async function showMember(parts: Parts, context: RequestContext, input: MemberInput): Promise<ImageMember> {
  const image = await loadImage(parts, context, input.imageId);
  await authorizeOnImage(parts, context, { rules: ['get_image'], image });
  const absent = memberNotFound(input);
  if (image.visibility !== 'shared') throw absent;
  await authorizeOnImage(parts, context, { rules: ['get_member'], image }).catch((error: unknown) => {
    throw isImageServiceError(error, 'forbidden') || isImageServiceError(error, 'notFound') ? absent : error;
  });
  return visibleMember(parts, context, { image, memberId: input.memberId });
}

export async function updateMember(
  parts: Parts,
  context: RequestContext,
  input: MemberInput & { readonly status: MemberStatus },
): Promise<ImageMember> {
  const image = await loadSharedImage(parts, context, input.imageId);
  await visibleMember(parts, context, { image, memberId: input.memberId });
  await authorizeOnImage(parts, context, { rules: ['get_member', 'modify_member'], image });
  const decision = { status: input.status, at: parts.clock.now() };
  const member = await parts.members.update(image.id, input.memberId, decision);
  if (member === undefined) throw memberNotFound(input);
  return member;
}

export async function deleteMember(parts: Parts, context: RequestContext, input: MemberInput): Promise<void> {
  const image = await loadSharedImage(parts, context, input.imageId);
  await visibleMember(parts, context, { image, memberId: input.memberId });
  await authorizeOnImage(parts, context, { rules: ['get_member', 'delete_member'], image });
  if (!(await parts.members.delete(image.id, input.memberId, parts.clock.now()))) throw memberNotFound(input);
}

async function loadSharedImage(parts: Parts, context: RequestContext, imageId: string): Promise<Image> {
  const image = await loadImage(parts, context, imageId);
  await authorizeOnImage(parts, context, { rules: ['get_image'], image });
  if (image.visibility !== 'shared') {
    throw forbidden(`Image ${imageId} is ${image.visibility}; only images of visibility shared have members.`);
  }
  return image;
}

async function visibleMember(
  parts: Parts,
  context: RequestContext,
  wanted: { readonly image: Image; readonly memberId: string },
): Promise<ImageMember> {
  const { image, memberId } = wanted;
  const only = onlyRowFor(context, image);
  const member = only === undefined || only === memberId ? await parts.members.show(image.id, memberId) : undefined;
  if (member === undefined) throw memberNotFound({ imageId: image.id, memberId });
  return member;
}

/** The one project whose row the caller may see, or undefined when it may see all. */
function onlyRowFor(context: RequestContext, image: Image): string | undefined {
  if (context.isAdmin || (image.owner !== null && image.owner === context.projectId)) return undefined;
  return context.projectId ?? '';
}

function memberNotFound(input: MemberInput): Error {
  return notFound(`Image ${input.imageId} is not shared with project ${input.memberId}.`);
}
