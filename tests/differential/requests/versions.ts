/** Version documents and negotiation. Source: contract 01 §2, §3. */
import type { Scenario, Step } from '../scenario.ts';

function unauthenticated(send: string, headers: Readonly<Record<string, string>> = {}): Step {
  const shown = Object.entries(headers).map(([name, value]) => ` with ${name} ${value}`);
  return { what: `${send}${shown.join('')}`, as: 'stranger', send, headers };
}

const versionListRequests = [
  'GET /',
  'POST /',
  'DELETE /',
  'HEAD /',
  'GET /versions',
  'GET /versions/',
  'GET /versions/anything',
  'HEAD /versions',
  'PUT /versions',
  'GET /v1/images',
  'GET /v3',
  'GET /V2/images',
  'GET /foo',
  'GET /v2.99/images',
];

const acceptedTokens = ['v2.0', 'v2.1', 'v2.2', 'v2.3', 'v2.4', 'v2.5', 'v2.6', 'v2.7', 'v2.9', 'v2.15', 'v2.17'];
const refusedTokens = ['v2.8', 'v2.10', 'v2.11', 'v2.12', 'v2.13', 'v2.14', 'v2.16', 'v2.18', 'v2.', 'v02'];

const acceptHeaders: ReadonlyArray<readonly [path: string, accept: string]> = [
  ['/images', 'application/vnd.openstack.images-v2'],
  ['/images', 'application/vnd.openstack.images-v2.9'],
  ['/images', 'application/vnd.openstack.images-v2, */*'],
  ['/images', 'application/vnd.openstack.images-v9'],
  ['/v2/images', 'application/vnd.openstack.images-v2'],
  ['/versions', 'application/vnd.openstack.images-v2'],
];

export const versionScenarios: readonly Scenario[] = [
  { name: 'version lists', steps: versionListRequests.map((send) => unauthenticated(send)) },
  {
    name: 'version tokens',
    steps: [
      ...[...acceptedTokens, ...refusedTokens].map((token): Step => ({
        what: token,
        as: 'alice',
        send: `GET /${token}/images`,
      })),
      { what: 'a minor version does not change links', as: 'alice', send: 'GET /v2.3/images?limit=1' },
      { what: 'doubled leading slash', as: 'alice', send: 'GET //v2/images' },
      { what: 'a version alone', as: 'alice', send: 'GET /v2' },
      { what: 'a version alone with POST', as: 'alice', send: 'POST /v2' },
      { what: 'a version and a slash', as: 'alice', send: 'GET /v2/' },
    ],
  },
  {
    name: 'version in Accept',
    steps: acceptHeaders.map(([path, accept]): Step => ({
      what: `GET ${path} with ${accept}`,
      as: 'alice',
      send: `GET ${path}`,
      headers: { Accept: accept },
    })),
  },
  {
    name: 'healthcheck',
    steps: [
      unauthenticated('GET /healthcheck'),
      unauthenticated('HEAD /healthcheck'),
      unauthenticated('GET /healthcheck', { Accept: 'application/json' }),
    ],
  },
];
