/** The schema of a member: a project an image is shared with. Source: contract 07 §3. */
import { memberStatuses } from '../image-attributes.ts';
import { uuidPattern } from './json-schema.ts';
import type { SchemaDocument } from './json-schema.ts';

/** `/v2/schemas/member`. */
export function memberSchema(): SchemaDocument {
  return {
    name: 'member',
    properties: {
      member_id: { type: 'string', description: 'Project the image is shared with.' },
      image_id: { type: 'string', pattern: uuidPattern, description: 'The shared image.' },
      created_at: { type: 'string', description: 'When the image was shared.' },
      updated_at: { type: 'string', description: 'When the status last changed.' },
      status: { type: 'string', enum: memberStatuses, description: 'What the project made of the offer.' },
      schema: { type: 'string', readOnly: true },
    },
  };
}
