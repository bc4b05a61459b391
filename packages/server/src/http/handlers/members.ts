/** Members of an image. Source: contract 06. */
import { memberStatuses } from '@lucarne/contract/image-attributes.ts';
import { badRequest } from '../../domain/errors.ts';
import { codePointLength, hasUnstorableCharacters } from '../../domain/text-rules.ts';
import { createMember, deleteMember, listMembers, showMember, updateMember } from '../../usecases/members.ts';
import type { ServiceParts } from '../../usecases/service-parts.ts';
import { emptyAnswer, jsonAnswer, pathParameter } from '../api-call.ts';
import type { ApiCall, OperationHandler } from '../api-call.ts';
import { memberView } from '../views/member-view.ts';

export function listMembersHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const members = await listMembers(parts, call.context, pathParameter(call, 'image_id'));
    return jsonAnswer(200, { members: members.map(memberView), schema: '/v2/schemas/members' });
  };
}

export function createMemberHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const memberId = projectId(await call.readJson());
    const member = await createMember(parts, call.context, { imageId: pathParameter(call, 'image_id'), memberId });
    return { ...jsonAnswer(200, memberView(member)), made: { member_id: memberId } };
  };
}

export function showMemberHandler(parts: ServiceParts): OperationHandler {
  return async (call) => jsonAnswer(200, memberView(await showMember(parts, call.context, memberOf(call))));
}

export function updateMemberHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const status = memberStatus(await call.readJson());
    return jsonAnswer(200, memberView(await updateMember(parts, call.context, { ...memberOf(call), status })));
  };
}

export function deleteMemberHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await deleteMember(parts, call.context, memberOf(call));
    return emptyAnswer(204);
  };
}

function memberOf(call: ApiCall): { imageId: string; memberId: string } {
  return { imageId: pathParameter(call, 'image_id'), memberId: pathParameter(call, 'member_id') };
}

function projectId(body: object): string {
  const member = 'member' in body && !Array.isArray(body) ? body.member : undefined;
  if (typeof member !== 'string' || member === '') {
    throw badRequest('The body must be {"member": "<project ID>"}.');
  }
  if (codePointLength(member) > 255) throw badRequest('A project ID has at most 255 characters.');
  if (hasUnstorableCharacters(member)) {
    throw badRequest('A project ID must not contain U+0000 or characters outside the Basic Multilingual Plane.');
  }
  return member;
}

function memberStatus(body: object): (typeof memberStatuses)[number] {
  const wanted = 'status' in body && !Array.isArray(body) ? body.status : undefined;
  const status = memberStatuses.find((known) => known === wanted);
  if (status === undefined) throw badRequest(`The body must be {"status": "<one of ${memberStatuses.join(', ')}>"}.`);
  return status;
}
