/** The schema of a task. Source: contract 07 §4. */
import { uuidPattern } from './json-schema.ts';
import type { JsonSchema, SchemaDocument } from './json-schema.ts';

/** The properties of a task in order; `detail` ones are left out where tasks are listed. */
export function taskProperties({ detail }: { readonly detail: boolean }): Record<string, JsonSchema> {
  return {
    id: { type: 'string', pattern: uuidPattern, description: 'Identifies the task.' },
    type: {
      type: 'string',
      enum: ['import', 'api_image_import', 'location_import'],
      description: 'What the task does.',
    },
    status: {
      type: 'string',
      enum: ['pending', 'processing', 'success', 'failure'],
      description: 'How far the task has come.',
    },
    ...(detail
      ? {
          input: { type: ['null', 'object'], description: 'What the task was told.' },
          result: { type: ['null', 'object'], description: 'What the task made.' },
        }
      : {}),
    owner: { type: 'string', description: 'Project that started the task.' },
    ...(detail ? { message: { type: 'string', description: 'Why the task failed, or how it is getting on.' } } : {}),
    image_id: { type: 'string', description: 'Image the task works on.' },
    request_id: { type: 'string', description: 'Request that started the task.' },
    user_id: { type: 'string', description: 'User who started the task.' },
    expires_at: { type: ['null', 'string'], description: 'When the record of the finished task may be dropped.' },
    created_at: { type: 'string', description: 'When the task was created.' },
    updated_at: { type: 'string', description: 'When the task last changed.' },
    self: { type: 'string', readOnly: true },
    schema: { type: 'string', readOnly: true },
  };
}

/** `/v2/schemas/task`. */
export function taskSchema(): SchemaDocument {
  return { name: 'task', properties: taskProperties({ detail: true }) };
}

/** What the body of a new task must satisfy: stricter than the published document. */
export function taskRequestSchema(): SchemaDocument {
  return { ...taskSchema(), additionalProperties: false, required: ['type', 'input'] };
}
