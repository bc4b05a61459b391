/** Where Lucarne answers otherwise than Glance 25.1 on purpose: protected properties. */
import type { KnownDifference } from './known-difference.ts';

const styles = ['protected-by-roles', 'protected-by-policies'];

function unseen(what: string): string[] {
  return styles.map((style) => `${style}: unseen: ${what}`);
}

export const knownProtectionDifferences: readonly KnownDifference[] = [
  {
    requests: unseen('what is left for an administrator'),
    at: 'body /x_admin_a',
    lucarne: '1',
    reason: 'a change leaves alone what its caller does not see (10 §7)',
  },
  {
    requests: unseen('what was made without the right to read it'),
    at: 'body /x_drop_a',
    lucarne: 'v',
    reason: 'what may be created is kept, whether its creator may read it or not (10 §7)',
  },
  {
    requests: unseen('alice lists ?x_admin_a=1'),
    at: 'body /images/*',
    reason: 'a filter does not tell the values of properties that the caller may not read (10 §7)',
  },
];
