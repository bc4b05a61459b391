import { describe, expect, test } from 'vitest';
import { generateSecret, hashSecret, isUsableSecret, verifySecret } from './secrets.ts';

describe('verifySecret', () => {
  test('knows the secret a hash was made from and no other', async () => {
    const kept = await hashSecret('correct horse');
    expect(kept).toMatch(/^scrypt\$ln=\d+,r=\d+,p=\d+\$/);
    expect(await verifySecret(kept, 'correct horse')).toBe(true);
    expect(await verifySecret(kept, 'correct horsf')).toBe(false);
    expect(await verifySecret(kept, kept)).toBe(false);
  });

  test('makes a different hash each time', async () => {
    expect(await hashSecret('same')).not.toBe(await hashSecret('same'));
  });

  test.each([
    ['a plain secret', 'plain', 'plain', true],
    ['a wrong plain secret', 'plain', 'plaim', false],
    ['an account without secret', null, '', false],
    ['a damaged hash, not even with its own text', 'scrypt$ln=14$x', 'scrypt$ln=14$x', false],
  ])('compares %s', async (_, kept, candidate, expected) => {
    expect(await verifySecret(kept, candidate)).toBe(expected);
  });

  test('reads the cost from the hash', async () => {
    // scrypt with N=2, r=1, p=1: cheaper than what hashSecret makes now.
    const { scryptSync } = await import('node:crypto');
    const salt = Buffer.alloc(16, 7);
    const hash = scryptSync('old', salt, 32, { N: 2, r: 1, p: 1 });
    const kept = `scrypt$ln=1,r=1,p=1$${salt.toString('base64url')}$${hash.toString('base64url')}`;
    expect(await verifySecret(kept, 'old')).toBe(true);
  });
});

test.each([
  ['plain', true],
  ['', false],
  ['scrypt$', false],
  [`scrypt$ln=40,r=8,p=1$${'a'.repeat(22)}$${'a'.repeat(43)}`, false],
  [`scrypt$ln=14,r=8,p=1$${'a'.repeat(22)}$${'a'.repeat(43)}`, true],
])('tells usable kept secrets from damaged ones: %s', (kept, expected) => {
  expect(isUsableSecret(kept)).toBe(expected);
});

test('generates secrets of 32 URL-safe characters that start with a letter', () => {
  for (let count = 0; count < 200; count += 1) expect(generateSecret()).toMatch(/^[A-Za-z][\w-]{31}$/);
});
