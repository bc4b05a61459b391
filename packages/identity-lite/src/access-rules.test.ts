import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accessRulesAllow } from './access-rules.ts';
import type { AccessRule } from './access-rules.ts';

function ruleOf(pattern: string): AccessRule {
  return { id: '1', service: 'image', method: 'GET', path: pattern };
}

function allows(pattern: string, path: string): boolean {
  return accessRulesAllow([ruleOf(pattern)], { service: 'image', method: 'GET', path });
}

test.each([
  ['/v2/images', '/v2/images', true],
  ['/v2/images', '/v2/images/1', false],
  ['/v2/images', '/v2/image', false],
  ['/v2/images/*', '/v2/images/1', true],
  ['/v2/images/*', '/v2/images/', false],
  ['/v2/images/*', '/v2/images/1/file', false],
  ['/v2/images/{image_id}', '/v2/images/1', true],
  ['/v2/images/{image_id}/file', '/v2/images/1/file', true],
  ['/v2/images/{image_id}/file', '/v2/images/1/2/file', false],
  ['/v2/**', '/v2/images/1/file', true],
  ['/v2/**', '/v2/', true],
  ['/v2/**', '/v3/images', false],
  ['/**/file', '/v2/images/1/file', true],
  ['/**/file', '/v2/images/1/files', false],
  ['/v2/images.', '/v2/imagesx', false],
  ['/v2/(images)+', '/v2/imagesimages', false],
])('pattern %s and path %s: %s', (pattern, path, expected) => {
  expect(allows(pattern, path)).toBe(expected);
});

test('needs service, method and path of one rule', () => {
  const rules = [{ id: '1', service: 'image', method: 'GET', path: '/**' }];
  expect(accessRulesAllow(rules, { service: 'identity', method: 'GET', path: '/x' })).toBe(false);
  expect(accessRulesAllow(rules, { service: 'image', method: 'PUT', path: '/x' })).toBe(false);
  expect(accessRulesAllow([], { service: 'image', method: 'GET', path: '/x' })).toBe(false);
});

test('a pattern made of path and wildcards matches as the regular expression it stands for', () => {
  const part = fc.constantFrom('*', '**', '{id}', '/', 'a', 'b');
  const letters = fc.array(fc.constantFrom('/', 'a', 'b'), { maxLength: 8 });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), letters, (parts, path) => {
      const wildcards: Record<string, string> = { '*': '[^/]+', '**': '.*', '{id}': '[^/]+' };
      // Neighbours would be read as another wildcard: `*` and `*` are `**`.
      fc.pre(!parts.some((one, index) => one.startsWith('*') && parts[index + 1]?.startsWith('*')));
      const expression = new RegExp(`^${parts.map((one) => wildcards[one] ?? one).join('')}$`);
      expect(allows(parts.join(''), path.join(''))).toBe(expression.test(path.join('')));
    }),
  );
});

test('many hostile patterns together cost no more than one', () => {
  const rules = Array.from({ length: 2000 }, () => ruleOf('**a'.repeat(42)));
  const begun = performance.now();
  expect(accessRulesAllow(rules, { service: 'image', method: 'GET', path: `/${'a'.repeat(16_000)}b` })).toBe(false);
  // Without a bound this takes minutes.
  expect(performance.now() - begun).toBeLessThan(5_000);
});

test('of many rules the last one is found', () => {
  const rules = Array.from({ length: 3000 }, (_, index) => ruleOf(`/v2/images/${index}/*`));
  expect(accessRulesAllow(rules, { service: 'image', method: 'GET', path: '/v2/images/2999/file' })).toBe(true);
});

test('a hostile pattern costs no more than its length times the path', () => {
  expect(allows('/**a'.repeat(32), `/${'a'.repeat(8000)}`)).toBe(false);
});
