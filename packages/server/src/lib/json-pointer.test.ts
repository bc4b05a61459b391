import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJsonPointer } from './json-pointer.ts';

describe('a JSON pointer', () => {
  test.each([
    ['/name', ['name']],
    ['/', ['']],
    ['/ ', ['']],
    ['//name', ['name']],
    ['/ a ', ['a']],
    ['/a~1b', ['a/b']],
    ['/a~0b', ['a~b']],
    ['/~01', ['~1']],
    ['/~1', ['/']],
    ['/locations/0', ['locations', '0']],
    ['/locations/ - ', ['locations', '-']],
    ['/__proto__', ['__proto__']],
    ['/%20', ['%20']],
  ])('%j names the tokens %j', (pointer, tokens) => {
    expect(parseJsonPointer(pointer)).toEqual({ kind: 'tokens', tokens });
  });

  test.each(['', 'name', ' /name', '/name/', '//', '///name', '/a//b', '/a/ /b', '/~', '/~2', '/a~', '/~~0'])(
    '%j is malformed',
    (pointer) => {
      expect(parseJsonPointer(pointer).kind).toBe('malformed');
    },
  );

  test('finds every list of trimmed tokens in its escaped form', () => {
    const token = fc
      .string({ unit: 'binary', minLength: 1 })
      .map((text) => text.trim())
      .filter((text) => text !== '');
    fc.assert(
      fc.property(fc.array(token, { minLength: 1 }), (tokens) => {
        const pointer = tokens.map((text) => `/${text.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
        expect(parseJsonPointer(pointer)).toEqual({ kind: 'tokens', tokens });
      }),
    );
  });

  test('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('/', '~', '0', '1', ' ', 'a') }), (text) => {
        const pointer = parseJsonPointer(text);
        expect(pointer.kind === 'malformed' || pointer.tokens.length > 0).toBe(true);
      }),
    );
  });

  test('a hundred thousand tokens are split in one pass', () => {
    const pointer = parseJsonPointer('/a'.repeat(100_000));
    expect(pointer.kind === 'tokens' && pointer.tokens.length).toBe(100_000);
  });
});
