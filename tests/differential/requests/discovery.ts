/** `/v2/info/*` and version documents, in every setup. Source: contract 01 §2, §3, §10. */
import type { Caller } from '../callers.ts';
import type { Scenario, Step } from '../scenario.ts';
import type { SetupName } from '../setups.ts';

/** One of each combination of what decides the answers. */
const setups: readonly SetupName[] = ['single-store', 'single-store-import', 'multi-store', 'cache', 'delayed-delete'];

const resources = ['import', 'stores', 'stores/detail', 'usage'] as const;
const everybody: readonly Caller[] = [
  'alice',
  'anna',
  'rita',
  'nobody',
  'service',
  'admin',
  'bareAdmin',
  'systemAdmin',
  'domainAdmin',
  'refused',
  'stranger',
];
const otherMethods = ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const;

/** Tokens that some setups accept; the others are in the plain table. */
const setupTokens = ['v2.8', 'v2.10', 'v2.11', 'v2.12', 'v2.13', 'v2.14', 'v2.15', 'v2.16', 'v2.17', 'v2.18'];

function under(setup: SetupName, what: string): string {
  return `${what} (${setup})`;
}

function asEverybody(setup: SetupName): Scenario {
  return {
    name: under(setup, 'discovery'),
    setup,
    steps: [
      ...resources.flatMap((resource) =>
        everybody.map((as): Step => ({ what: `${resource} as ${as}`, as, send: `GET /v2/info/${resource}` })),
      ),
      { what: 'nothing but /v2/info', as: 'alice', send: 'GET /v2/info' },
      { what: 'an unknown resource', as: 'alice', send: 'GET /v2/info/caches' },
    ],
  };
}

function versions(setup: SetupName): Scenario {
  return {
    name: under(setup, 'versions'),
    setup,
    steps: [
      ...['GET /', 'GET /versions', 'HEAD /versions'].map((send): Step => ({ what: send, as: 'stranger', send })),
      ...setupTokens.map((token): Step => ({ what: token, as: 'alice', send: `GET /${token}/images` })),
    ],
  };
}

const routing: Scenario = {
  name: 'discovery: methods',
  setup: 'multi-store',
  steps: [
    ...resources.flatMap((resource) =>
      otherMethods.map((method): Step => ({
        what: `${method} ${resource}`,
        as: 'admin',
        send: `${method} /v2/info/${resource}`,
      })),
    ),
    ...resources.flatMap((resource): Step[] => [
      { what: `GET ${resource} with a body`, as: 'admin', send: `GET /v2/info/${resource}`, body: '{}' },
      { what: `GET ${resource} with a query`, as: 'admin', send: `GET /v2/info/${resource}?x=y` },
      { what: `GET ${resource} and a slash`, as: 'admin', send: `GET /v2/info/${resource}/` },
    ]),
  ],
};

export const discoveryScenarios: readonly Scenario[] = [
  ...setups.map(asEverybody),
  ...setups.filter((setup) => setup !== 'single-store').map(versions),
  routing,
];
