/**
 * luks: encrypted volumes; only version 1 is let through. Source: contract 14 §3.
 */
import { hasSignature, readU16, readU32 } from './byte-fields.ts';
import { completeFinding, incompleteFinding } from './format-inspector.ts';
import type { FormatFinding, FormatInspector, KeptBytes } from './format-inspector.ts';

const signature = 'LUKS\xba\xbe';
const headerRange = { startsAt: 0, endsAt: 592 };
const sectorBytes = 512;

function inspect(image: KeptBytes): FormatFinding | null {
  if (!hasSignature(image.readStart(signature.length), signature)) return null;
  const header = image.read(headerRange);
  if (header === null) return incompleteFinding('luks');
  const payloadBytes = image.sizeBytes - readU32(header, 104, 'big') * sectorBytes;
  // A payload that would begin behind the end of the data has no size one could tell.
  const virtualSizeBytes = payloadBytes > 0 ? BigInt(payloadBytes) : null;
  return completeFinding('luks', virtualSizeBytes, readU16(header, 6, 'big') === 1 ? [] : ['version']);
}

export const luksInspector: FormatInspector = { format: 'luks', inspect };
