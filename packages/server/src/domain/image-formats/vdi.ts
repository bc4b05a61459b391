/**
 * vdi (VirtualBox). Source: contract 14 §3.
 */
import { readU32, readU64 } from './byte-fields.ts';
import { completeFinding } from './format-inspector.ts';
import type { FormatFinding, FormatInspector, KeptBytes } from './format-inspector.ts';

const headerRange = { startsAt: 0, endsAt: 512 };
const signature = 0xbeda107f;

function inspect(image: KeptBytes): FormatFinding | null {
  const header = image.read(headerRange);
  if (header === null || readU32(header, 64, 'little') !== signature) return null;
  return completeFinding('vdi', readU64(header, 368, 'little'));
}

export const vdiInspector: FormatInspector = { format: 'vdi', inspect };
