/**
 * qcow2, all versions with its magic (so also qcow 1, which is refused). Source: contract 14 §3.
 */
import { hasSignature, readU32, readU64 } from './byte-fields.ts';
import { completeFinding } from './format-inspector.ts';
import type { FormatFinding, FormatInspector, KeptBytes } from './format-inspector.ts';

const headerRange = { startsAt: 0, endsAt: 512 };
const externalDataFile = 1n << 2n;
/** Bits 0–3 (dirty, corrupt, data file, compression type) are known; the data file has a check of its own. */
const knownFeatures = 0xfn;

function hasUnknownFeatures(header: Uint8Array, features: bigint): boolean {
  const version = readU32(header, 4, 'big');
  // Version 2 has no feature bits: what lies there is the first header extension.
  if (version === 2) return false;
  return version !== 3 || (features & ~knownFeatures) !== 0n;
}

function inspect(image: KeptBytes): FormatFinding | null {
  const header = image.read(headerRange);
  if (header === null || !hasSignature(header, 'QFI\xfb')) return null;
  const features = readU64(header, 72, 'big');
  const failedChecks: string[] = [];
  if (readU64(header, 8, 'big') !== 0n) failedChecks.push('backing_file');
  if ((features & externalDataFile) !== 0n) failedChecks.push('data_file');
  if (hasUnknownFeatures(header, features)) failedChecks.push('unknown_features');
  return completeFinding('qcow2', readU64(header, 24, 'big'), failedChecks);
}

export const qcow2Inspector: FormatInspector = { format: 'qcow2', inspect };
