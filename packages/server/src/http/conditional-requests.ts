/**
 * Conditional requests: an addition of ours, Glance has none. Differs: docs/compat.md, conditional requests.
 * Source: RFC 9110 §8.8.3, §13.
 */
import { createHash } from 'node:crypto';
import { ImageServiceError } from '../domain/errors.ts';

/** A strong entity tag of a representation. */
export function entityTag(representation: string): string {
  return `"${createHash('sha1').update(representation).digest('base64url')}"`;
}

/** Whether `If-None-Match` names the tag, so that the client has the representation already. */
export function isNotModified(ifNoneMatch: string | undefined, tag: string): boolean {
  return ifNoneMatch !== undefined && listsTag(ifNoneMatch, tag, 'weak');
}

/** Raises `preconditionFailed` unless `If-Match` is absent or names the tag. */
export function requireMatch(ifMatch: string | undefined, tag: string): void {
  if (ifMatch === undefined || listsTag(ifMatch, tag, 'strong')) return;
  throw new ImageServiceError('preconditionFailed', 'The image is not in the state named by If-Match; read it again.');
}

function listsTag(list: string, tag: string, comparison: 'weak' | 'strong'): boolean {
  if (list.trim() === '*') return true;
  const items = list.split(',').map((item) => item.trim());
  return items.some((item) => (comparison === 'weak' ? item.replace(/^W\//, '') : item) === tag);
}
