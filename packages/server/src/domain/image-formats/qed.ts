/**
 * qed: recognised in order to be refused. Source: contract 14 §3.
 */
import { hasSignature } from './byte-fields.ts';
import { completeFinding } from './format-inspector.ts';
import type { FormatFinding, FormatInspector, KeptBytes } from './format-inspector.ts';

const headerRange = { startsAt: 0, endsAt: 512 };

function inspect(image: KeptBytes): FormatFinding | null {
  const header = image.read(headerRange);
  if (header === null || !hasSignature(header, 'QED\0')) return null;
  return completeFinding('qed', null, ['banned']);
}

export const qedInspector: FormatInspector = { format: 'qed', inspect };
