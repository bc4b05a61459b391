/**
 * What a token says and how it is signed.
 *
 * A token is `<payload>.<signature>` in base64url: compact JSON and an HMAC-SHA256 over it. It holds no roles; those are
 * looked up when it is used, so a change of the file counts at once. `secretMark` ties it to the password or secret it
 * was made with: a new password ends the old tokens.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Scope } from './identity-model.ts';

export interface TokenClaims {
  readonly userId: string;
  /** Null: unscoped. */
  readonly scope: Scope | null;
  readonly methods: readonly string[];
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** The token's own id, then that of the token its chain began with, if it was made from another one. */
  readonly auditIds: readonly string[];
  readonly applicationCredentialId: string | null;
  readonly secretMark: string;
}

const maxTokenCharacters = 4096;
const scopeLetters = { project: 'p', domain: 'd', system: 's' } as const;

export function generateAuditId(): string {
  return randomBytes(16).toString('base64url');
}

export function signToken(signingKey: string, claims: TokenClaims): string {
  const payload = {
    u: claims.userId,
    ...(claims.scope === null ? {} : { [scopeLetters[claims.scope.kind]]: claims.scope.id }),
    m: claims.methods,
    i: claims.issuedAtMs,
    e: claims.expiresAtMs,
    a: claims.auditIds,
    ...(claims.applicationCredentialId === null ? {} : { c: claims.applicationCredentialId }),
    k: claims.secretMark,
  };
  const text = Buffer.from(JSON.stringify(payload)).toString('base64url');
  return `${text}.${sign(signingKey, text).toString('base64url')}`;
}

/** What the token says, if it was signed with this key; whether it still counts is not looked at. */
export function readToken(signingKey: string, token: string): TokenClaims | undefined {
  if (token.length > maxTokenCharacters) return undefined;
  const [text, signature, ...rest] = token.split('.');
  if (text === undefined || signature === undefined || rest.length > 0) return undefined;
  const given = Buffer.from(signature, 'base64url');
  const expected = sign(signingKey, text);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  return decodePayload(text);
}

/** A short fingerprint of a kept secret; says nothing about it without the key. */
export function markSecret(signingKey: string, kept: string | null): string {
  return createHmac('sha256', signingKey)
    .update(`mark\0${kept ?? ''}`)
    .digest()
    .subarray(0, 9)
    .toString('base64url');
}

function sign(signingKey: string, text: string): Buffer {
  return createHmac('sha256', signingKey).update(`token\0${text}`).digest();
}

interface Payload {
  readonly u: string;
  readonly p?: string;
  readonly d?: string;
  readonly s?: string;
  readonly m: string[];
  readonly i: number;
  readonly e: number;
  readonly a: string[];
  readonly c?: string;
  readonly k: string;
}

function decodePayload(text: string): TokenClaims {
  // The signature proves that signToken wrote it, so the shape is known.
  const payload = JSON.parse(Buffer.from(text, 'base64url').toString()) as Payload;
  return {
    userId: payload.u,
    scope: decodeScope(payload),
    methods: payload.m,
    issuedAtMs: payload.i,
    expiresAtMs: payload.e,
    auditIds: payload.a,
    applicationCredentialId: payload.c ?? null,
    secretMark: payload.k,
  };
}

function decodeScope(payload: Payload): Scope | null {
  if (payload.p !== undefined) return { kind: 'project', id: payload.p };
  if (payload.d !== undefined) return { kind: 'domain', id: payload.d };
  return payload.s === undefined ? null : { kind: 'system', id: payload.s };
}
