/**
 * Flavor `none`: everybody is an administrator without roles and without a project. Today's policy defaults look at
 * roles and refuse such a caller, so a site needs rules of its own. Source: contract 10 §1.
 */
import type { IdentitySource } from '../../ports/identity-source.ts';
import { anonymous } from './trusted-headers.ts';

export function unauthenticatedIdentity(): IdentitySource {
  return {
    challenge: null,
    refusal: 'page',
    identify: () => Promise.resolve({ ...anonymous, isAdmin: true, readOnly: false }),
  };
}
