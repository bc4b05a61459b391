/**
 * raw: what nothing else recognised. Its virtual size is its size. Source: contract 14 §3.
 */
import { completeFinding } from './format-inspector.ts';
import type { FormatFinding, FormatInspector, KeptBytes } from './format-inspector.ts';

function inspect(image: KeptBytes): FormatFinding {
  return completeFinding('raw', BigInt(image.sizeBytes));
}

/** Matches every stream. */
export const rawInspector = { format: 'raw', inspect } as const satisfies FormatInspector;
