/**
 * Ownership as it was hard-coded before the rules could say it: with `enforce_new_defaults = false` the former defaults
 * let everybody pass, and this check stands behind them. Source: contract 02 §13, 06 §3, 10 §4.
 */
import type { Image } from '../images/image.ts';
import type { RequestContext } from '../request-context.ts';

type Caller = Pick<RequestContext, 'isAdmin' | 'projectId'>;

const ownersOnly: ReadonlySet<string> = new Set([
  'modify_image',
  'delete_image',
  'upload_image',
  'deactivate',
  'reactivate',
  'delete_image_location',
  'add_member',
  'delete_member',
]);

/** Whether ownership lets the caller do on this image what the rule is about. */
export function formerOwnershipAllows(rule: string, image: Pick<Image, 'owner'>, caller: Caller): boolean {
  if (caller.isAdmin) return true;
  const isOwner = image.owner !== null && image.owner === caller.projectId;
  // A member decides for itself whether it accepts; the owner does not decide for it.
  if (rule === 'modify_member') return !isOwner;
  return isOwner || !ownersOnly.has(rule);
}
