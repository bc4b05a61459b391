/**
 * Makes, checks and takes back tokens.
 */
import type { AccessRequest } from './access-rules.ts';
import { accessRulesAllow } from './access-rules.ts';
import type { IdentityFile } from './identity-file.ts';
import type { Revocations } from './revocations.ts';
import { readToken, signToken } from './token-codec.ts';
import type { TokenClaims } from './token-codec.ts';
import { describeToken } from './token-description.ts';
import type { TokenDescription } from './token-description.ts';

/** How long after its end a token may still be looked up by a service that asks for it (`allow_expired`). */
const expiredWindowMs = 48 * 3600 * 1000;

export interface CheckedToken {
  readonly claims: TokenClaims;
  readonly description: TokenDescription;
}

export interface TokensOptions {
  readonly file: IdentityFile;
  readonly revocations: Revocations;
  readonly now: () => Date;
  readonly lifetimeSeconds: number;
}

export class Tokens {
  readonly #options: TokensOptions;

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  /** When a token issued now ends. */
  newExpiryMs(): number {
    return this.#options.now().getTime() + this.#options.lifetimeSeconds * 1000;
  }

  sign(claims: TokenClaims): string {
    return signToken(this.#options.file.model().signingKey, claims);
  }

  /** Undefined when the token is not ours, has ended, was taken back or its user may not use it any more. */
  check(token: string, { allowExpired = false } = {}): CheckedToken | undefined {
    const model = this.#options.file.model();
    const claims = readToken(model.signingKey, token);
    if (claims === undefined) return undefined;
    const endsAtMs = claims.expiresAtMs + (allowExpired ? expiredWindowMs : 0);
    if (endsAtMs <= this.#options.now().getTime() || this.#isRevoked(claims)) return undefined;
    const description = describeToken(model, claims);
    return description && { claims, description };
  }

  /** As `check`, and also undefined when access rules of the token do not allow the request. */
  checkForRequest(token: string, request: AccessRequest): CheckedToken | undefined {
    const checked = this.check(token);
    const rules = checked?.description.applicationCredential?.accessRules ?? null;
    return rules === null || accessRulesAllow(rules, request) ? checked : undefined;
  }

  async revoke(claims: TokenClaims): Promise<void> {
    const [auditId = ''] = claims.auditIds;
    const keepUntilMs = claims.expiresAtMs + expiredWindowMs;
    const revocation = { auditId, issuedAtMs: claims.issuedAtMs, keepUntilMs };
    await this.#options.revocations.revoke(revocation, this.#options.now().getTime());
  }

  /** As in Keystone a token made from another one outlives it. */
  #isRevoked({ auditIds: [auditId = ''], issuedAtMs }: TokenClaims): boolean {
    return this.#options.revocations.isRevoked({ auditId, issuedAtMs });
  }
}
