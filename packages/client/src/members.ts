/** Projects an image is shared with. Source: contract 06 §3. */
import type { MemberStatus } from '@lucarne/contract/image-attributes.ts';
import type { MemberList, MemberView } from '@lucarne/contract/wire.ts';
import { callOf, jsonBody, sendForJson, sendForNothing } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';

/** A member is a project id. */
export interface MemberMethods {
  listMembers(imageId: string, options?: CallOptions): Promise<MemberList>;
  createMember(imageId: string, memberId: string, options?: CallOptions): Promise<MemberView>;
  showMember(imageId: string, memberId: string, options?: CallOptions): Promise<MemberView>;
  updateMember(member: MemberOfImage, status: MemberStatus, options?: CallOptions): Promise<MemberView>;
  deleteMember(imageId: string, memberId: string, options?: CallOptions): Promise<void>;
}

export interface MemberOfImage {
  readonly imageId: string;
  readonly memberId: string;
}

export function memberMethods(connection: Connection): MemberMethods {
  return {
    listMembers: (imageId, options) =>
      sendForJson(connection, { ...callOf('listMembers', { image_id: imageId }), ...options }),
    createMember: (imageId, memberId, options) =>
      sendForJson(connection, {
        ...callOf('createMember', { image_id: imageId }),
        ...jsonBody({ member: memberId }),
        ...options,
      }),
    showMember: (imageId, memberId, options) =>
      sendForJson(connection, { ...callOf('showMember', { image_id: imageId, member_id: memberId }), ...options }),
    updateMember: ({ imageId, memberId }, status, options) =>
      sendForJson(connection, {
        ...callOf('updateMember', { image_id: imageId, member_id: memberId }),
        ...jsonBody({ status }),
        ...options,
      }),
    deleteMember: (imageId, memberId, options) =>
      sendForNothing(connection, { ...callOf('deleteMember', { image_id: imageId, member_id: memberId }), ...options }),
  };
}
