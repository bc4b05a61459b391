import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encryptedUrls, plainUrls } from './location-urls.ts';

/** Made by an independent implementation of the form that Glance writes, one for each length of a key. */
const vectors = [
  {
    key: '0123456789abcdef',
    url: 'file:///var/lib/glance/images/6d0b3c1e-0000-4000-8000-1d2e3f405060',
    stored:
      '8PHy8_T19vf4-fr7_P3-_2L1ZBKQT2ZGWkrryeGjj1BNEyS6VU-qjSJj8nHiQisO0o20YFI2UwWiKOGwqV-AL2s0H4Sj8ucHiOT8sS9N1KEGevL_XbO68fHx7eKdAv1Y',
  },
  {
    key: '0123456789abcdef01234567',
    url: 'https://host/sixteen-ok.x1234567',
    stored: '8PHy8_T19vf4-fr7_P3-_-AgiSRrFE5NTK-R0vqxF9qW-sTltlNUqXWJtkYnoFkX8NuE_SgAf2qL2pFbQ1q3Sg==',
  },
  {
    key: 'ключ-0123456789abcdef-012345',
    url: 'swift+https://p%3Auser:key@host/v3/c/é',
    stored: '8PHy8_T19vf4-fr7_P3-_0N1NIJBPAcwmgzIZ_WRMT4BTRxzGPkd40jiU4YuO5k2Bk69e41ZPamZvP4QjavnSw==',
  },
] as const;

describe('Encrypted URLs', () => {
  test.each(vectors)('that Glance wrote with the key $key are read', ({ key, url, stored }) => {
    expect(encryptedUrls(key).open(stored)).toBe(url);
  });

  test.each(vectors)('that we write with the key $key have its form, and are read again', ({ key, url, stored }) => {
    const urls = encryptedUrls(key);
    const sealed = urls.seal(url);
    expect(sealed).toMatch(/^[\w-]+={0,2}$/);
    expect(sealed).toHaveLength(stored.length);
    expect(sealed).not.toBe(urls.seal(url));
    expect(urls.open(sealed)).toBe(url);
  });

  test('of any length are read again', () => {
    const urls = encryptedUrls('0123456789abcdef');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (text) => {
        const url = `http://${text.replaceAll('\0', '')}`;
        expect(urls.open(urls.seal(url))).toBe(Buffer.from(url, 'utf8').toString('utf8'));
      }),
    );
  });

  test.each(['{"url":"http://x"}', 'begun', ''])('are kept in notes, too: %s', (note) => {
    const urls = encryptedUrls('0123456789abcdef');
    const sealed = urls.sealNote(note);
    expect(sealed).not.toContain('http');
    expect(urls.openNote(sealed)).toBe(note);
    expect(urls.openNote(note)).toBe(note);
    expect(plainUrls.openNote(plainUrls.sealNote(note))).toBe(note);
  });

  test.each([
    'file:///var/lib/glance/images/x',
    'http://host/path',
    'rbd://image',
    '',
    'AAAA',
    'A'.repeat(64),
    vectors[1].stored,
    vectors[0].stored.slice(4),
  ])('are taken as they are when they are none, or by another key: %s', (stored) => {
    expect(encryptedUrls(vectors[0].key).open(stored)).toBe(stored);
  });

  test('are not made without a key', () => {
    expect(plainUrls.seal('file:///x')).toBe('file:///x');
    expect(plainUrls.open(vectors[0].stored)).toBe(vectors[0].stored);
  });
});
