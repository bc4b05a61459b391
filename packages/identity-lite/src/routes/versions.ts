/**
 * Says which versions of the Identity API there are: v3 only. Needs no token.
 */
import { v3Url } from '../call.ts';
import type { Call, Reply } from '../call.ts';

/** 300 because clients look at the list for the version they want. */
export function listVersions(call: Call): Reply {
  return { status: 300, body: { versions: { values: [describeV3(call)] } } };
}

export function showVersion(call: Call): Reply {
  return { status: 200, body: { version: describeV3(call) } };
}

function describeV3(call: Call): unknown {
  return {
    id: 'v3.14',
    status: 'stable',
    updated: '2020-04-07T00:00:00Z',
    links: [{ rel: 'self', href: `${v3Url(call)}/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  };
}
