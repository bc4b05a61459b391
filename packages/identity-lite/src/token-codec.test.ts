import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markSecret, readToken, signToken } from './token-codec.ts';
import type { TokenClaims } from './token-codec.ts';

const claims: TokenClaims = {
  userId: 'u',
  scope: { kind: 'project', id: 'p' },
  methods: ['password'],
  issuedAtMs: 1,
  expiresAtMs: 2,
  auditIds: ['a'],
  applicationCredentialId: null,
  secretMark: 'm',
};

describe('readToken', () => {
  test('gives back what was signed', () => {
    const scope = fc.option(
      fc.record({ kind: fc.constantFrom('project', 'domain', 'system'), id: fc.string({ maxLength: 64 }) }),
    );
    const anyClaims = fc.record({
      userId: fc.string({ maxLength: 64 }),
      scope,
      methods: fc.array(fc.string({ maxLength: 20 }), { maxLength: 3 }),
      issuedAtMs: fc.nat(),
      expiresAtMs: fc.nat(),
      auditIds: fc.array(fc.string({ maxLength: 22 }), { maxLength: 2 }),
      applicationCredentialId: fc.option(fc.string({ maxLength: 32 })),
      secretMark: fc.string({ maxLength: 12 }),
    });
    fc.assert(
      fc.property(anyClaims, (made) => {
        const token = signToken('key', made);
        expect(token).toMatch(/^[\w.-]+$/);
        expect(readToken('key', token)).toEqual(made);
      }),
    );
  });

  test('refuses a token signed with another key', () => {
    expect(readToken('other key', signToken('key', claims))).toBeUndefined();
  });

  test('refuses a token with any character changed', () => {
    const token = signToken('key', claims);
    for (let at = 0; at < token.length; at += 1) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      const read = readToken('key', changed);
      // The last character of a signature carries four bits; changing the other two changes nothing.
      if (at < token.length - 1) expect(read, `at ${at}`).toBeUndefined();
      else expect(read === undefined || read.userId === 'u').toBe(true);
    }
  });

  test.each(['', '.', 'a.b', 'a.b.c', 'é.é', 'x'.repeat(5000), '{"u":"admin"}'])('refuses %s', (token) => {
    expect(readToken('key', token)).toBeUndefined();
  });
});

test('marks differ by secret and by key', () => {
  const marks = [markSecret('k1', 'a'), markSecret('k1', 'b'), markSecret('k2', 'a'), markSecret('k1', null)];
  expect(new Set(marks).size).toBe(4);
});
