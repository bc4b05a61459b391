/** Schema documents. Source: contract 07 §1–§3. */
import type { Scenario, Step } from '../scenario.ts';

const documents = ['image', 'images', 'member', 'members'];

export const schemaScenarios: readonly Scenario[] = [
  {
    name: 'schemas',
    steps: [
      ...documents.map((name): Step => ({ what: name, as: 'alice', send: `GET /v2/schemas/${name}` })),
      { what: 'a query is ignored', as: 'alice', send: 'GET /v2/schemas/member?x=y' },
      { what: 'a trailing slash', as: 'alice', send: 'GET /v2/schemas/image/' },
      { what: 'a reader', as: 'rita', send: 'GET /v2/schemas/member' },
      { what: 'system scope', as: 'systemAdmin', send: 'GET /v2/schemas/member' },
    ],
  },
];
