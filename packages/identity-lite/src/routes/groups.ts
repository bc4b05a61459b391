/**
 * There are no groups; clients that look for some find none.
 */
import { currentModel, found, listReply, param, requireAdmin, requireSelfOrAdmin } from '../call.ts';
import type { Call, Reply } from '../call.ts';

export function listGroups(call: Call): Reply {
  requireAdmin(call);
  return listReply(call, { name: 'groups', entries: [], render: (group) => group });
}

export function listGroupsOfUser(call: Call): Reply {
  requireSelfOrAdmin(call, param(call, 'user'));
  found(currentModel(call).users, param(call, 'user'));
  return listReply(call, { name: 'groups', entries: [], render: (group) => group });
}
