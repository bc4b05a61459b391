/** A member of an image as clients see it. Source: contract 06 §2. */
import type { MemberView } from '@lucarne/contract/wire.ts';
import type { ImageMember } from '../../domain/images/image.ts';
import { wireTime } from './image-view.ts';

export function memberView(member: ImageMember): MemberView {
  return {
    member_id: member.memberId,
    image_id: member.imageId,
    status: member.status,
    created_at: wireTime(member.createdAt),
    updated_at: wireTime(member.updatedAt),
    schema: '/v2/schemas/member',
  };
}
