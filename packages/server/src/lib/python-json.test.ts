import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExactJson, pythonFloatText, writePythonJson, writeReadableJson } from './python-json.ts';

describe('floats as Python writes them', () => {
  test.each<[number, string]>([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [0.1, '0.1'],
    [-1.25, '-1.25'],
    [100, '100.0'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.5e16, '1.5e+16'],
    [123_456_789_012_345.6, '123456789012345.6'],
    [1e22, '1e+22'],
    [1e-4, '0.0001'],
    [1.5e-4, '0.00015'],
    [1e-5, '1e-05'],
    [1.25e-7, '1.25e-07'],
    [5e-324, '5e-324'],
    [1.797_693_134_862_315_7e308, '1.7976931348623157e+308'],
  ])('%d: %s', (value, text) => {
    expect(pythonFloatText(value)).toBe(text);
  });

  test('are the same numbers', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(pythonFloatText(value))).toBe(value);
      }),
    );
  });
});

describe('JSON as Python writes it', () => {
  test.each<[string, string]>([
    ['{"a":[1,2],"b":{}}', '{"a": [1, 2], "b": {}}'],
    ['[1, 1.0, 1.50, 1e5, 1E400e]', ''],
    ['[1, 1.0, 1.50, 1e5, -0, -0.0]', '[1, 1.0, 1.5, 100000.0, 0, -0.0]'],
    ['[9007199254740993, -123456789012345678901234567890]', '[9007199254740993, -123456789012345678901234567890]'],
    ['["é 😀 \\u007f \\ud800 / \\" \\n"]', String.raw`["\u00e9 \ud83d\ude00 \u007f \ud800 / \" \n"]`],
    ['{"__proto__": 1, "constructor": null, "b": true}', '{"__proto__": 1, "constructor": null, "b": true}'],
    ['[1e999]', ''],
  ])('%s', (text, written) => {
    if (written === '') expect(() => parseExactJson(text)).toThrow(SyntaxError);
    else expect(writePythonJson(parseExactJson(text))).toBe(written);
  });

  test('is read as what was written', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(writePythonJson(plain))).toEqual(plain);
        expect(JSON.parse(writeReadableJson(parseExactJson(writePythonJson(plain))))).toEqual(plain);
      }),
    );
  });

  test('keeps the order of a Map, and leaves out what has no value', () => {
    const members = new Map<string, unknown>([
      ['2', 'two'],
      ['1', undefined],
      ['0', new Map([['a', 1n]])],
    ]);
    expect(writePythonJson(members)).toBe('{"2": "two", "0": {"a": 1}}');
  });
});
