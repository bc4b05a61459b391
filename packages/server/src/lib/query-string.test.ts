import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeQueryString, parseQueryString } from './query-string.ts';

describe('parseQueryString', () => {
  test.each([
    ['', []],
    [
      'a=1&b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'b=2&a=1&b=3',
      [
        ['b', '2'],
        ['a', '1'],
        ['b', '3'],
      ],
    ],
    ['a', [['a', '']]],
    ['a=', [['a', '']]],
    ['=a', [['', 'a']]],
    ['=', [['', '']]],
    ['&&a=1&', [['a', '1']]],
    ['a=b=c', [['a', 'b=c']]],
    ['a=x+y%20z%2B', [['a', 'x y z+']]],
    ['a%3D=%26', [['a=', '&']]],
    ['a=%c3%A9%E2%82%AC', [['a', 'é€']]],
    ['a=%F0%9F%98%80', [['a', '😀']]],
    ['a=%EF%BB%BFx', [['a', '\ufeffx']]],
    [
      'a=100%&b=%zz%4',
      [
        ['a', '100%'],
        ['b', '%zz%4'],
      ],
    ],
    ['a=\u00c3\u00a9', [['a', 'é']]],
    ['__proto__=1', [['__proto__', '1']]],
  ])('reads %j', (query, pairs) => {
    expect(parseQueryString(query)).toEqual(pairs);
  });

  test.each(['a=%ff', '%ff=a', 'a=%C3', 'a=%ED%A0%80', 'a=%C0%AF', 'a=\u00e9', 'a=\u20ac'])(
    'refuses %j, which is not UTF-8',
    (query) => {
      expect(parseQueryString(query)).toBeNull();
    },
  );
});

describe('encodeQueryString', () => {
  test('escapes everything but letters, digits and _.-~, with a plus for a blank', () => {
    expect(
      encodeQueryString([
        ['sort', 'name:asc,id'],
        ['a b', '_.-~/*é%'],
      ]),
    ).toBe('sort=name%3Aasc%2Cid&a+b=_.-~%2F%2A%C3%A9%25');
  });

  test('is undone by parseQueryString for every list of pairs', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
        expect(parseQueryString(encodeQueryString(pairs))).toEqual(pairs);
      }),
    );
  });
});
