/**
 * The pointers a JSON patch names its targets with: RFC 6901 with the liberties the Image API grants.
 * A doubled leading slash counts as one, every token is trimmed of blanks, and `/` alone names the empty token.
 * Source: contract 02 §4.3.
 */

export type JsonPointer =
  | { readonly kind: 'tokens'; readonly tokens: readonly [string, ...string[]] }
  /** `problem` completes the sentence "the pointer …". */
  | { readonly kind: 'malformed'; readonly problem: string };

/** Splits a pointer into its unescaped tokens. Never throws; takes time linear in the length of the pointer. */
export function parseJsonPointer(pointer: string): JsonPointer {
  const problem = findProblem(pointer);
  if (problem !== null) return { kind: 'malformed', problem };
  const [first = '', ...rest] = pointer.replace(/^\/+/, '').split('/').map(unescapeToken);
  return { kind: 'tokens', tokens: [first, ...rest] };
}

function findProblem(pointer: string): string | null {
  if (!pointer.startsWith('/')) return 'does not start with a slash';
  if (/\/\s*\//.test(pointer.slice(1))) return 'has an empty token';
  if (pointer.length > 1 && pointer.endsWith('/')) return 'ends with a slash';
  if (/~(?![01])/.test(pointer)) return 'has a tilde that is followed by neither 0 nor 1';
  return null;
}

function unescapeToken(token: string): string {
  // Slashes first: `~01` stands for `~1` and must not become a slash.
  return token.replaceAll('~1', '/').replaceAll('~0', '~').trim();
}
