/** A call as it is passed on to the node that can answer it: in the name of who called. Source: contract 03 §2. */
import type { PeerCall } from '../ports/peer-nodes.ts';
import type { ApiCall } from './api-call.ts';

/** Marks a call that came from another node, so that two nodes never pass it to and fro. */
export const passedOnHeader = 'x-lucarne-passed-on';

/** Headers that say who calls, and what the call is about. */
const passedOn =
  /^(?:x-(?:auth|service|user|project|tenant|domain|roles?|identity|is-admin|openstack|image-meta)\b|openstack-|if-match$)/;

export function peerCall(call: ApiCall, body: object | null): PeerCall {
  const headers = Object.keys(call.headers).filter((name) => passedOn.test(name));
  return {
    method: call.method === 'DELETE' ? 'DELETE' : 'POST',
    path: call.path,
    headers: Object.fromEntries(headers.map((name) => [name, call.header(name) ?? ''])),
    body: body === null ? null : JSON.stringify(body),
    wasPassedOn: call.header(passedOnHeader) !== undefined,
  };
}
