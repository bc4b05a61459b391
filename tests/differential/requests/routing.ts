/** Routes, methods, error bodies, request bodies and request ids. Source: contract 01 §4–§8. */
import type { Scenario, Step } from '../scenario.ts';
import { createImage } from './steps.ts';

const unknownPaths = [
  'GET /v2/images/',
  'GET /v2/nothing',
  'POST /v2/nothing',
  'PUT /v2/nothing',
  'DELETE /v2/nothing',
  'PATCH /v2/nothing',
  'HEAD /v2/nothing',
  'PROPFIND /v2/nothing',
  'GET /v2/schemas',
  'GET /v2/schemas/nothing',
  'GET /v2/info',
  'GET /v2/images/{img}/nothing',
  'GET /v2/images/{img}/tags',
  'POST /v2/images/{img}/tags',
  'GET /v2/images/{img}/tags/a/b',
  'PUT /v2/images/{img}/tags/a%2Fb',
  'GET /v2/images/{img}/actions',
  'POST /v2/images/{img}/actions/explode',
  'GET /v2/images/{img}/members/',
];

const wrongMethods = [
  'HEAD /v2/images',
  'PUT /v2/images',
  'PATCH /v2/images',
  'DELETE /v2/images',
  'PROPFIND /v2/images',
  'HEAD /v2/images/{img}',
  'PUT /v2/images/{img}',
  'POST /v2/images/{img}',
  'HEAD /v2/images/{img}/file',
  'POST /v2/images/{img}/file',
  'DELETE /v2/images/{img}/file',
  'GET /v2/images/{img}/actions/deactivate',
  'DELETE /v2/images/{img}/actions/reactivate',
  'GET /v2/images/{img}/tags/a',
  'POST /v2/images/{img}/tags/a',
  'PUT /v2/images/{img}/members',
  'DELETE /v2/images/{img}/members',
  'POST /v2/images/{img}/members/m',
  'PATCH /v2/images/{img}/members/m',
  'POST /v2/schemas/image',
  'DELETE /v2/schemas/images',
  'HEAD /v2/schemas/member',
  'PUT /v2/schemas/members',
];

const options = ['OPTIONS /v2/images', 'OPTIONS /v2/nothing', 'OPTIONS /v2/images/{img}', 'OPTIONS /versions'];

const bodyless = [
  'GET /v2/images/{img}',
  'DELETE /v2/images/{img}',
  'GET /v2/images/{img}/file',
  'POST /v2/images/{img}/actions/deactivate',
  'POST /v2/images/{img}/actions/reactivate',
  'PUT /v2/images/{img}/tags/a',
  'DELETE /v2/images/{img}/tags/a',
  'GET /v2/images/{img}/members',
  'GET /v2/images/{img}/members/m',
  'DELETE /v2/images/{img}/members/m',
  'GET /v2/schemas/image',
  'GET /v2/schemas/members',
];

const acceptValues = [
  'text/plain',
  'text/html',
  '*/*',
  'application/json',
  'application/*',
  'text/*',
  'application/json, text/html',
  'application/json;q=0.5, text/html',
  'text/html;q=0.5, application/json',
  'application/xml',
  'application/json;q=0',
  'nonsense',
];

export const routingScenarios: readonly Scenario[] = [
  {
    name: 'unknown paths',
    steps: [createImage('img'), ...unknownPaths.map((send): Step => ({ what: send, as: 'alice', send }))],
  },
  {
    name: 'wrong methods',
    steps: [createImage('img'), ...wrongMethods.map((send): Step => ({ what: send, as: 'alice', send }))],
  },
  {
    name: 'OPTIONS',
    steps: [
      createImage('img'),
      ...options.map((send): Step => ({ what: send, as: 'alice', send })),
      { what: 'without identity', as: 'stranger', send: 'OPTIONS /v2/images' },
    ],
  },
  {
    name: 'bodies where none belongs',
    steps: [
      createImage('img'),
      ...bodyless.map((send): Step => ({ what: send, as: 'alice', send, body: '{}' })),
      { what: 'chunked GET', as: 'alice', send: 'GET /v2/images/{img}', body: { chunked: '{}' } },
      {
        what: 'chunked POST to an action',
        as: 'alice',
        send: 'POST /v2/images/{img}/actions/deactivate',
        body: { chunked: '{}' },
      },
      {
        what: 'GET with Content-Type only',
        as: 'alice',
        send: 'GET /v2/images/{img}',
        headers: { 'Content-Type': 'application/json' },
      },
      {
        what: 'GET with Content-Length 0',
        as: 'alice',
        send: 'GET /v2/images/{img}',
        headers: { 'Content-Length': '0' },
      },
      { what: 'list with a body', as: 'alice', send: 'GET /v2/images', body: '{}' },
    ],
  },
  {
    name: 'error bodies',
    steps: [
      { what: '404 without Accept', as: 'alice', send: 'GET /v2/images/nothing' },
      ...acceptValues.map((accept): Step => ({
        what: `404 for Accept ${accept}`,
        as: 'alice',
        send: 'GET /v2/images/nothing',
        headers: { Accept: accept },
      })),
      { what: '405 as JSON', as: 'alice', send: 'PUT /v2/images', headers: { Accept: 'application/json' } },
      { what: '501 as JSON', as: 'alice', send: 'PROPFIND /v2/nothing', headers: { Accept: 'application/json' } },
      { what: '400 as HTML', as: 'alice', send: 'POST /v2/images', body: '<b>', headers: { Accept: 'text/html' } },
      { what: '401 as JSON', as: 'stranger', send: 'GET /v2/images', headers: { Accept: 'application/json' } },
      { what: '405 of HEAD', as: 'alice', send: 'HEAD /v2/images', headers: { Accept: 'application/json' } },
      {
        what: 'a success ignores Accept',
        as: 'alice',
        send: 'GET /v2/images',
        headers: { Accept: 'text/html' },
      },
    ],
  },
  {
    name: 'request ids',
    steps: [
      { what: 'generated', as: 'alice', send: 'GET /v2/images' },
      withRequestId('of the client', 'req-of-the-client'),
      withRequestId('without the prefix', 'my-own-id'),
      withRequestId('64 characters', 'r'.repeat(64)),
      withRequestId('65 characters', 'r'.repeat(65)),
      withRequestId('empty', ''),
      { ...withRequestId('on a 404', 'req-of-a-404'), send: 'GET /v2/nothing' },
      { ...withRequestId('on a 405', 'req-of-a-405'), send: 'PUT /v2/images' },
      { ...withRequestId('on a version list', 'req-of-a-list'), send: 'GET /versions' },
      { ...withRequestId('on a 401', 'req-of-a-401'), as: 'stranger' },
    ],
  },
  {
    name: 'undecodable queries',
    steps: [
      { what: 'bad UTF-8 in a value', as: 'alice', send: 'GET /v2/images?name=%FF' },
      { what: 'bad UTF-8 in a name', as: 'alice', send: 'GET /v2/images?%FF=x' },
      { what: 'bad UTF-8 in a path', as: 'alice', send: 'GET /v2/images/%FF' },
      { what: 'a lonely percent sign', as: 'alice', send: 'GET /v2/images?name=%' },
    ],
  },
];

function withRequestId(what: string, id: string): Step {
  return { what, as: 'alice', send: 'GET /v2/images', headers: { 'X-Openstack-Request-Id': id } };
}
