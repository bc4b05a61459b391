/** Random UUIDs of version 4. */
import { randomUUID } from 'node:crypto';
import type { RandomIds } from '../../ports/random-ids.ts';

export const randomUuids: RandomIds = { next: () => randomUUID() };
