/** What a pipeline flavor asks for. Source: contract 01 §1; 08 §1; 10 §1 */
import type { IdentityFlavor } from './settings.ts';

export interface PipelineFlavor {
  readonly identity: IdentityFlavor;
  /** Downloads go through the cache; so they do with `cachemanagement`. */
  readonly caching: boolean;
  readonly cacheManagement: boolean;
}

const identities: readonly IdentityFlavor[] = ['keystone', 'pocket', 'trusted-auth', 'none'];
const cacheParts: readonly string[] = ['caching', 'cachemanagement'];

/**
 * Reads a flavor such as `trusted-auth+caching`, in any order of its parts. Null for one this release does not have;
 * without a flavor the identity is the pocket one, and with a flavor that names none there is none.
 */
export function parseFlavor(text: string | null): PipelineFlavor | null {
  if (text === null) return { identity: 'pocket', caching: false, cacheManagement: false };
  const parts = text.trim() === '' ? [] : flavorParts(text);
  const named = parts.filter((part) => !cacheParts.includes(part));
  const identity = named.length === 0 ? 'none' : identities.find((candidate) => candidate === named[0]);
  if (identity === undefined || named.length > 1 || new Set(parts).size < parts.length) return null;
  const cacheManagement = parts.includes('cachemanagement');
  return { identity, caching: cacheManagement || parts.includes('caching'), cacheManagement };
}

/** `trusted-auth+caching` as its parts. */
function flavorParts(text: string): readonly string[] {
  return text.split('+').map((part) => part.trim());
}
