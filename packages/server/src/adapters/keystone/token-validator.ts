/**
 * Has tokens validated by Keystone, and believes what it said for a while.
 *
 * Invariant: one token is asked about once at a time, however many requests bring it; what Keystone does not know is
 * never kept. Source: contract 10 §2
 */
import { hash } from 'node:crypto';
import { limitCalls } from './call-limit.ts';
import { KeystoneTrouble, keystoneUnavailable } from './keystone-failures.ts';
import type { KeystoneSession } from './service-session.ts';
import type { TokenCache } from './token-cache.ts';
import { readToken } from './validated-token.ts';
import type { ValidatedToken } from './validated-token.ts';

export interface TokenValidator {
  /**
   * What the token says; null for one that Keystone does not know. It may have expired. Raises `unavailable` when
   * Keystone cannot be asked.
   */
  validate(token: string, options: { readonly allowExpired: boolean }): Promise<ValidatedToken | null>;
}

export interface TokenValidatorOptions {
  readonly session: KeystoneSession;
  readonly cache: TokenCache;
  readonly includesCatalog: boolean;
  /** How long a validation waits for its turn. */
  readonly patienceSeconds: number;
}

/** More would only wait inside of Keystone. */
const parallelCalls = 32;
const waitingCalls = 2000;
/** What Keystone makes is printable; anything else need not be asked about. */
const tokenPattern = /^[\x21-\x7e]{1,16384}$/;

export function openTokenValidator(options: TokenValidatorOptions): TokenValidator {
  const { session, cache, includesCatalog, patienceSeconds } = options;
  const inTurn = limitCalls({ parallel: parallelCalls, waiting: waitingCalls, patienceSeconds });
  const underWay = new Map<string, Promise<ValidatedToken | null>>();

  async function ask(token: string, allowExpired: boolean): Promise<ValidatedToken | null> {
    const answer = await session.send({
      method: 'GET',
      path: '/auth/tokens',
      query: [
        ...(includesCatalog ? [] : [['nocatalog', ''] as const]),
        ...(allowExpired ? [['allow_expired', '1'] as const] : []),
      ],
      // Without the second one Keystone hides tokens that are good for some calls only.
      headers: { 'x-subject-token': token, 'openstack-identity-access-rules': '1' },
    });
    if (answer.status === 404) return null;
    if (answer.status !== 200) {
      throw keystoneUnavailable(new KeystoneTrouble(`Keystone answers a validation with ${answer.status}`));
    }
    const validated = readToken(answer.body);
    if (validated === null) throw keystoneUnavailable(new KeystoneTrouble('Keystone validates without saying what'));
    return validated;
  }

  async function findOrAsk(token: string, allowExpired: boolean): Promise<ValidatedToken | null> {
    const kept = await cache.find(token);
    if (kept !== null) return kept;
    const validated = await inTurn(() => ask(token, allowExpired));
    if (validated !== null) void cache.keep(token, validated);
    return validated;
  }

  return {
    validate(token, { allowExpired }) {
      if (!tokenPattern.test(token)) return Promise.resolve(null);
      const key = `${allowExpired ? 'late' : 'timely'}/${hash('sha256', token)}`;
      const known = underWay.get(key);
      if (known !== undefined) return known;
      const validation = findOrAsk(token, allowExpired).finally(() => underWay.delete(key));
      underWay.set(key, validation);
      return validation;
    },
  };
}
