/** The schema of the members of an image; they come in one page. Source: contract 07 §3. */
import { describedByLink } from './json-schema.ts';
import type { SchemaDocument } from './json-schema.ts';
import { memberSchema } from './member.ts';

/** `/v2/schemas/members`. */
export function membersSchema(): SchemaDocument {
  return {
    name: 'members',
    properties: { members: { type: 'array', items: memberSchema() }, schema: { type: 'string' } },
    links: [describedByLink],
  };
}
