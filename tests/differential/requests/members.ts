/** Sharing: every cell of the outcome table of contract 06 §3. */
import type { Caller } from '../callers.ts';
import type { Scenario, Step } from '../scenario.ts';
import { createActiveImage, createImage, patchImage, showImage } from './steps.ts';

type Call = 'list' | 'create' | 'show' | 'update' | 'delete';

const calls: readonly Call[] = ['list', 'create', 'show', 'update', 'delete'];

function memberCall(call: Call, name: string, as: Caller, member = '{p2}'): Step {
  const collection = `/v2/images/{${name}}/members`;
  const what = `${as} tries to ${call} ${member} of ${name}`;
  switch (call) {
    case 'list':
      return { what, as, send: `GET ${collection}` };
    case 'create':
      return { what, as, send: `POST ${collection}`, json: { member } };
    case 'show':
      return { what, as, send: `GET ${collection}/${member}` };
    case 'update':
      return { what, as, send: `PUT ${collection}/${member}`, json: { status: 'accepted' } };
    case 'delete':
      return { what, as, send: `DELETE ${collection}/${member}` };
  }
}

function allCalls(name: string, callers: readonly Caller[], member?: string): Step[] {
  return callers.flatMap((as) => calls.map((call) => memberCall(call, name, as, member)));
}

function share(name: string, member: string, what = `share ${name} with ${member}`): Step {
  return { what, as: 'alice', send: `POST /v2/images/{${name}}/members`, json: { member } };
}

function answer(name: string, status: string, as: Caller = 'bob', member = '{p2}'): Step {
  return { what: `${as} answers ${status}`, as, send: `PUT /v2/images/{${name}}/members/${member}`, json: { status } };
}

function postBody(what: string, body: string): Step {
  return { what, as: 'alice', send: 'POST /v2/images/{img}/members', body };
}

function putBody(what: string, body: string): Step {
  return { what, as: 'bob', send: 'PUT /v2/images/{img}/members/{p2}', body };
}

export const memberScenarios: readonly Scenario[] = [
  {
    name: 'members: image the caller cannot see',
    steps: [createImage('img', { visibility: 'private' }), ...allCalls('img', ['bob', 'ben'])],
  },
  {
    name: 'members: no such image',
    steps: [
      ...calls.map((call): Step => {
        const step = memberCall(call, 'uuid1', 'alice');
        return { ...step, what: `${call} of an unknown image` };
      }),
      { what: 'malformed id', as: 'alice', send: 'GET /v2/images/not-an-id/members' },
    ],
  },
  {
    name: 'members: private image',
    steps: [createImage('img', { visibility: 'private' }), ...allCalls('img', ['alice', 'admin', 'rita'])],
  },
  {
    name: 'members: community image',
    steps: [createImage('img', { visibility: 'community' }), ...allCalls('img', ['alice', 'bob', 'admin'])],
  },
  {
    name: 'members: public image',
    steps: [createImage('img', { visibility: 'public' }, 'admin'), ...allCalls('img', ['alice', 'bob', 'admin'])],
  },
  {
    name: 'members: owner',
    steps: [
      createImage('img'),
      { what: 'list none', as: 'alice', send: 'GET /v2/images/{img}/members' },
      ...calls.map((call) => memberCall(call, 'img', 'alice')),
      { ...memberCall('show', 'img', 'alice'), what: 'show after removal' },
      { ...memberCall('update', 'img', 'alice'), what: 'update an absent member' },
      { ...memberCall('delete', 'img', 'alice'), what: 'delete an absent member' },
      share('img', '{p2}', 'share again'),
      share('img', '{p2}', 'share twice'),
      share('img', '{p1}', 'share with oneself'),
    ],
  },
  {
    name: 'members: member project',
    steps: [
      createImage('img'),
      share('img', '{p2}'),
      share('img', '{p3}'),
      showImage('img', 'a pending member shows the image', 'bob'),
      { what: 'list of a pending member', as: 'bob', send: 'GET /v2/images' },
      { what: 'pending list', as: 'bob', send: 'GET /v2/images?member_status=pending' },
      { what: 'sees its own row only', as: 'bob', send: 'GET /v2/images/{img}/members' },
      { what: 'shows its own row', as: 'bob', send: 'GET /v2/images/{img}/members/{p2}' },
      { what: 'shows another row', as: 'bob', send: 'GET /v2/images/{img}/members/{p3}' },
      { what: 'a reader of the member project lists', as: 'ben', send: 'GET /v2/images/{img}/members' },
      answer('img', 'accepted', 'ben'),
      answer('img', 'accepted'),
      { what: 'list of an accepted member', as: 'bob', send: 'GET /v2/images' },
      answer('img', 'rejected'),
      { what: 'list of a rejected member', as: 'bob', send: 'GET /v2/images' },
      { what: 'rejected list', as: 'bob', send: 'GET /v2/images?member_status=rejected' },
      { what: 'list of all memberships', as: 'bob', send: 'GET /v2/images?member_status=all' },
      showImage('img', 'a rejected member shows the image', 'bob'),
      answer('img', 'pending'),
      {
        what: 'answers for another',
        as: 'bob',
        send: 'PUT /v2/images/{img}/members/{p3}',
        json: { status: 'accepted' },
      },
      { what: 'adds another', as: 'bob', send: 'POST /v2/images/{img}/members', json: { member: '{p4}' } },
      { what: 'removes itself', as: 'bob', send: 'DELETE /v2/images/{img}/members/{p2}' },
      { what: 'removes another', as: 'bob', send: 'DELETE /v2/images/{img}/members/{p3}' },
      patchImage('img', 'renames the image', [{ op: 'replace', path: '/name', value: 'x' }], 'bob'),
      { what: 'deletes the image', as: 'bob', send: 'DELETE /v2/images/{img}' },
      { what: 'tags the image', as: 'bob', send: 'PUT /v2/images/{img}/tags/x' },
      showImage('img', 'a stranger project shows the image', 'service'),
    ],
  },
  {
    name: 'members: other callers',
    steps: [
      createImage('img'),
      share('img', '{p2}'),
      ...allCalls('img', ['rita', 'anna', 'nobody'], '{p2}'),
      ...allCalls('img', ['admin'], '{p3}'),
      { what: 'admin lists', as: 'admin', send: 'GET /v2/images/{img}/members' },
      { what: 'carol is no member', as: 'carol', send: 'GET /v2/images/{img}/members' },
      { what: 'no token', as: 'stranger', send: 'GET /v2/images/{img}/members' },
      { what: 'system scope', as: 'systemAdmin', send: 'GET /v2/images/{img}/members' },
    ],
  },
  {
    name: 'members: bodies of POST',
    steps: [
      createImage('img'),
      postBody('not JSON', '{'),
      { what: 'no body', as: 'alice', send: 'POST /v2/images/{img}/members' },
      postBody('an array', '["{p2}"]'),
      postBody('a string', '"{p2}"'),
      postBody('null', 'null'),
      postBody('no member', '{}'),
      postBody('member empty', '{"member": ""}'),
      postBody('member null', '{"member": null}'),
      postBody('member list', '{"member": ["a"]}'),
      postBody('member with an emoji', '{"member": "🙂"}'),
      postBody('other keys', '{"member": "{p2}", "status": "accepted"}'),
      { what: 'list', as: 'alice', send: 'GET /v2/images/{img}/members' },
      { what: 'a bad body for an unknown image', as: 'alice', send: 'POST /v2/images/{uuid1}/members', body: '{}' },
      share('img', 'm'.repeat(255), 'member of 255 characters'),
      postBody('member number', '{"member": 5}'),
      createImage('other'),
      share('other', 'm'.repeat(256), 'member of 256 characters'),
    ],
  },
  {
    name: 'members: bodies of PUT',
    steps: [
      createImage('img'),
      share('img', '{p2}'),
      putBody('not JSON', '{'),
      { what: 'no body', as: 'bob', send: 'PUT /v2/images/{img}/members/{p2}' },
      putBody('an array', '["accepted"]'),
      putBody('no status', '{}'),
      putBody('status null', '{"status": null}'),
      putBody('status unknown', '{"status": "maybe"}'),
      putBody('status empty', '{"status": ""}'),
      putBody('status in upper case', '{"status": "ACCEPTED"}'),
      putBody('status number', '{"status": 1}'),
      putBody('other keys', '{"status": "accepted", "member": "{p3}"}'),
      { what: 'a bad body for an unknown image', as: 'bob', send: 'PUT /v2/images/{uuid1}/members/{p2}', body: '{}' },
    ],
  },
  {
    name: 'members: quota',
    steps: [
      createImage('img'),
      share('img', 'q1'),
      share('img', 'q2'),
      share('img', 'q3'),
      share('img', 'q4', 'one too many'),
      share('img', 'q1', 'a duplicate at the quota'),
      { what: 'make room', as: 'alice', send: 'DELETE /v2/images/{img}/members/q1' },
      share('img', 'q4', 'share after making room'),
    ],
  },
  {
    name: 'members: visibility changes',
    steps: [
      ...createActiveImage('img'),
      share('img', '{p2}'),
      answer('img', 'accepted'),
      { what: 'member downloads', as: 'bob', send: 'GET /v2/images/{img}/file' },
      { what: 'reader of the member project downloads', as: 'ben', send: 'GET /v2/images/{img}/file' },
      patchImage('img', 'make it private', [{ op: 'replace', path: '/visibility', value: 'private' }]),
      showImage('img', 'hidden from the member', 'bob'),
      { what: 'gone from the list', as: 'bob', send: 'GET /v2/images' },
      patchImage('img', 'share it again', [{ op: 'replace', path: '/visibility', value: 'shared' }]),
      showImage('img', 'back for the member', 'bob'),
      { what: 'membership kept', as: 'bob', send: 'GET /v2/images/{img}/members/{p2}' },
      { what: 'revoke', as: 'alice', send: 'DELETE /v2/images/{img}/members/{p2}' },
      showImage('img', 'revoked', 'bob'),
      share('img', '{p2}', 'share after revoking'),
      { what: 'pending again', as: 'bob', send: 'GET /v2/images/{img}/members/{p2}' },
    ],
  },
];
