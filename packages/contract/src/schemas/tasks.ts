/** The schema of a list of tasks, which leaves out what a task was told and made. Source: contract 07 §4. */
import { describedByLink } from './json-schema.ts';
import type { SchemaDocument } from './json-schema.ts';
import { taskProperties } from './task.ts';

/** `/v2/schemas/tasks`. */
export function tasksSchema(): SchemaDocument {
  const item: SchemaDocument = { name: 'task', properties: taskProperties({ detail: false }) };
  return {
    name: 'tasks',
    properties: { tasks: { type: 'array', items: item }, schema: { type: 'string' } },
    links: [describedByLink],
  };
}
