/** GET and DELETE of one image, deactivate and reactivate, tags. Source: contract 02 §5–§8, 06 §4. */
import type { Caller } from '../callers.ts';
import type { Scenario, Step } from '../scenario.ts';
import { limits } from '../support/service-options.ts';
import { createActiveImage, createImage, patchImage, showImage, uploadTo } from './steps.ts';

const everyone: readonly Caller[] = [
  'alice',
  'anna',
  'rita',
  'nobody',
  'shouting',
  'bob',
  'ben',
  'admin',
  'bareAdmin',
  'service',
  'systemAdmin',
  'domainAdmin',
  'refused',
  'stranger',
];

function shows(name: string, callers: readonly Caller[]): Step[] {
  return callers.map((as) => showImage(name, `${as} shows ${name}`, as));
}

function act(what: string, action: string, as: Caller = 'alice', name = 'img'): Step {
  return { what, as, send: `POST /v2/images/{${name}}/actions/${action}` };
}

function tag(what: string, method: 'PUT' | 'DELETE', path: string, as: Caller = 'alice'): Step {
  return { what, as, send: `${method} /v2/images/{img}/tags/${path}` };
}

function remove(what: string, name: string, as: Caller = 'alice'): Step {
  return { what, as, send: `DELETE /v2/images/{${name}}` };
}

export const showAndDeleteScenarios: readonly Scenario[] = [
  {
    name: 'show: by visibility',
    steps: [
      createImage('private', { visibility: 'private' }),
      createImage('shared', { visibility: 'shared' }),
      createImage('community', { visibility: 'community' }),
      createImage('public', { visibility: 'public' }, 'admin'),
      ...shows('private', everyone),
      ...shows('shared', ['rita', 'bob', 'admin']),
      ...shows('community', ['nobody', 'bob', 'ben', 'service', 'admin']),
      ...shows('public', ['anna', 'nobody', 'ben', 'service', 'systemAdmin']),
    ],
  },
  {
    name: 'show: nothing there',
    steps: [
      { what: 'unknown id', as: 'alice', send: 'GET /v2/images/{uuid1}' },
      { what: 'malformed id', as: 'alice', send: 'GET /v2/images/not-an-id' },
      { what: 'id of 300 characters', as: 'alice', send: `GET /v2/images/${'i'.repeat(300)}` },
      { what: 'id beyond ASCII', as: 'alice', send: 'GET /v2/images/%E2%82%AC' },
      { what: 'a query is ignored', as: 'alice', send: 'GET /v2/images/{uuid1}?x=y' },
    ],
  },
  {
    name: 'show: without an owner',
    steps: [
      createImage('orphan', { owner: null }, 'admin'),
      createImage('privateOrphan', { owner: null, visibility: 'private' }, 'admin'),
      ...shows('orphan', ['alice', 'nobody', 'admin']),
      ...shows('privateOrphan', ['alice', 'admin']),
      { what: 'alice lists', as: 'alice', send: 'GET /v2/images' },
      patchImage('orphan', 'alice renames it', [{ op: 'replace', path: '/name', value: 'x' }]),
    ],
  },
  {
    name: 'delete',
    steps: [
      createImage('img', { tags: ['a'], os_distro: 'debian' }),
      remove('another project', 'img', 'bob'),
      remove('a reader', 'img', 'rita'),
      remove('nobody', 'img', 'nobody'),
      remove('a service', 'img', 'service'),
      remove('its owner', 'img'),
      remove('again', 'img'),
      showImage('img', 'show'),
      showImage('img', 'show as admin', 'admin'),
      patchImage('img', 'patch', [{ op: 'replace', path: '/name', value: 'x' }]),
      patchImage('img', 'empty patch as admin', [], 'admin'),
      uploadTo('img', 'upload', 'x'),
      { what: 'download', as: 'alice', send: 'GET /v2/images/{img}/file' },
      { what: 'members', as: 'alice', send: 'GET /v2/images/{img}/members' },
      { what: 'list as admin', as: 'admin', send: 'GET /v2/images?status=deleted' },
      createImage('community', { visibility: 'community' }),
      remove('community image by another project', 'community', 'bob'),
      remove('community image by a reader elsewhere', 'community', 'ben'),
      remove('community image by admin', 'community', 'admin'),
      createImage('kept', { protected: true }),
      remove('protected', 'kept'),
      remove('protected by admin', 'kept', 'admin'),
      patchImage('kept', 'unprotect', [{ op: 'replace', path: '/protected', value: false }]),
      remove('unprotected', 'kept'),
      ...createActiveImage('full'),
      remove('with data', 'full'),
      { what: 'malformed id', as: 'alice', send: 'DELETE /v2/images/not-an-id' },
    ],
  },
  {
    name: 'deactivate and reactivate',
    steps: [
      createImage('img', { disk_format: 'raw', container_format: 'bare' }),
      act('deactivate a queued image', 'deactivate'),
      act('reactivate a queued image', 'reactivate'),
      uploadTo('img', 'upload', '0123456789'),
      act('reactivate an active image', 'reactivate'),
      act('deactivate by another project', 'deactivate', 'bob'),
      act('deactivate by a reader', 'deactivate', 'rita'),
      act('deactivate by nobody', 'deactivate', 'nobody'),
      act('deactivate', 'deactivate'),
      act('deactivate again', 'deactivate'),
      showImage('img', 'show deactivated'),
      { what: 'download by the owner', as: 'alice', send: 'GET /v2/images/{img}/file' },
      { what: 'download by a reader', as: 'rita', send: 'GET /v2/images/{img}/file' },
      { what: 'download by admin', as: 'admin', send: 'GET /v2/images/{img}/file' },
      uploadTo('img', 'upload to a deactivated image', 'x'),
      patchImage('img', 'rename a deactivated image', [{ op: 'replace', path: '/name', value: 'off' }]),
      patchImage('img', 'format of a deactivated image', [{ op: 'replace', path: '/disk_format', value: 'raw' }]),
      { what: 'list deactivated', as: 'alice', send: 'GET /v2/images?status=deactivated' },
      tag('tag a deactivated image', 'PUT', 'late'),
      act('reactivate by a reader', 'reactivate', 'rita'),
      act('reactivate', 'reactivate'),
      act('reactivate again', 'reactivate'),
      showImage('img', 'show reactivated'),
      { what: 'download again', as: 'alice', send: 'GET /v2/images/{img}/file' },
      act('deactivate by admin', 'deactivate', 'admin'),
      { what: 'delete deactivated', as: 'alice', send: 'DELETE /v2/images/{img}' },
      act('deactivate a deleted image', 'deactivate'),
      { what: 'unknown id', as: 'alice', send: 'POST /v2/images/{uuid1}/actions/deactivate' },
    ],
  },
  {
    name: 'tags',
    steps: [
      createImage('img', { visibility: 'community' }),
      tag('add', 'PUT', 'gold'),
      tag('add again', 'PUT', 'gold'),
      tag('another case', 'PUT', 'Gold'),
      showImage('img', 'show'),
      tag('remove', 'DELETE', 'gold'),
      tag('remove again', 'DELETE', 'gold'),
      tag('remove another case', 'DELETE', 'GOLD'),
      tag('a plus sign', 'PUT', 'a+b'),
      tag('a blank', 'PUT', '%20'),
      tag('255 characters', 'PUT', 't'.repeat(255)),
      tag('256 characters', 'PUT', 't'.repeat(256)),
      showImage('img', 'show at the quota'),
      tag('above the quota', 'PUT', 'more'),
      tag('add again at the quota', 'PUT', 'a+b'),
      tag('remove a blank', 'DELETE', '%20'),
      tag('beyond ASCII', 'PUT', 'sch%C3%B6n'),
      showImage('img', 'show a tag beyond ASCII'),
      tag('remove a tag beyond ASCII', 'DELETE', 'sch%C3%B6n'),
      tag('with a query', 'PUT', 'q?x=y'),
      tag('by another project', 'PUT', 'b', 'bob'),
      tag('by a reader', 'PUT', 'b', 'rita'),
      tag('by nobody', 'PUT', 'b', 'nobody'),
      tag('removed by another project', 'DELETE', 'Gold', 'bob'),
      tag('removed by admin', 'DELETE', 'Gold', 'admin'),
      tag('absent tag by another project', 'DELETE', 'absent', 'bob'),
      { what: 'unknown image', as: 'alice', send: 'PUT /v2/images/{uuid1}/tags/a' },
      createImage('private', { visibility: 'private' }),
      { what: 'invisible image', as: 'bob', send: 'PUT /v2/images/{private}/tags/a' },
      createImage('kept', { protected: true, tags: Array.from({ length: limits.tags - 1 }, (_, i) => `k${i}`) }),
      { what: 'protected image', as: 'alice', send: 'PUT /v2/images/{kept}/tags/a' },
      createImage('smiling'),
      { what: 'an emoji', as: 'alice', send: 'PUT /v2/images/{smiling}/tags/%F0%9F%99%82' },
    ],
  },
  {
    name: 'identity',
    steps: [
      { what: 'no token', as: 'stranger', send: 'GET /v2/images' },
      { what: 'refused token', as: 'refused', send: 'GET /v2/images' },
      { what: 'no token for a schema', as: 'stranger', send: 'GET /v2/schemas/image' },
      { what: 'no token for an unknown path', as: 'stranger', send: 'GET /v2/nothing' },
      { what: 'no token for a wrong method', as: 'stranger', send: 'PUT /v2/images' },
      { what: 'nobody lists', as: 'nobody', send: 'GET /v2/images' },
      { what: 'nobody reads a schema', as: 'nobody', send: 'GET /v2/schemas/image' },
      { what: 'a member without reader lists', as: 'anna', send: 'GET /v2/images' },
      { what: 'a service lists', as: 'service', send: 'GET /v2/images' },
      { what: 'a system scoped admin lists', as: 'systemAdmin', send: 'GET /v2/images' },
      { what: 'a domain scoped admin lists', as: 'domainAdmin', send: 'GET /v2/images' },
      {
        what: 'malformed service catalog',
        as: 'alice',
        send: 'GET /v2/images',
        headers: { 'X-Service-Catalog': '{' },
      },
      {
        what: 'old project header',
        as: 'stranger',
        send: 'GET /v2/images',
        headers: {
          'X-Identity-Status': 'Confirmed',
          'X-User-Id': 'old',
          'X-Tenant-Id': '{p1}',
          'X-Role': 'member,reader',
        },
      },
      {
        what: 'status in another case',
        as: 'alice',
        send: 'GET /v2/images',
        headers: { 'X-Identity-Status': 'confirmed' },
      },
    ],
  },
];
