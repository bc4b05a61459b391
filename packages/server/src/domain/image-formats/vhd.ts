/**
 * vhd (Virtual PC), dynamic and differencing disks: those that carry a copy of the footer at their start. A fixed VHD
 * has the footer only in its last sector and counts as raw. Source: contract 14 §3.
 */
import { hasSignature, readU64 } from './byte-fields.ts';
import { completeFinding, incompleteFinding } from './format-inspector.ts';
import type { FormatFinding, FormatInspector, KeptBytes } from './format-inspector.ts';

const signature = 'conectix';
const headerRange = { startsAt: 0, endsAt: 512 };

function inspect(image: KeptBytes): FormatFinding | null {
  if (!hasSignature(image.readStart(signature.length), signature)) return null;
  const header = image.read(headerRange);
  if (header === null) return incompleteFinding('vhd');
  return completeFinding('vhd', readU64(header, 40, 'big'));
}

export const vhdInspector: FormatInspector = { format: 'vhd', inspect };
