/**
 * iso: ISO 9660 and UDF, by the first volume descriptor. Source: contract 14 §3.
 */
import { hasSignature, readU16, readU32 } from './byte-fields.ts';
import { completeFinding } from './format-inspector.ts';
import type { FormatFinding, FormatInspector, KeptBytes } from './format-inspector.ts';

/** The volume descriptor, which follows 32 KiB left to boot loaders. */
const descriptorRange = { startsAt: 32_768, endsAt: 34_816 };
const standardNames = ['CD001', 'NSR02', 'NSR03'];
const primaryVolume = 1;

function inspect(image: KeptBytes): FormatFinding | null {
  const descriptor = image.read(descriptorRange);
  if (descriptor === null || !standardNames.some((name) => hasSignature(descriptor, name, 1))) return null;
  if (descriptor[0] !== primaryVolume) return completeFinding('iso', null);
  const blocks = BigInt(readU32(descriptor, 80, 'little'));
  const blockSizeBytes = BigInt(readU16(descriptor, 128, 'little'));
  return completeFinding('iso', blocks * blockSizeBytes);
}

export const isoInspector: FormatInspector = { format: 'iso', inspect };
