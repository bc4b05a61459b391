import { describe, expect, test } from 'vitest';
import { parseLiteral } from './literal.ts';

describe('a literal is compared as Python prints it', () => {
  test.each([
    ["'public'", 'public'],
    ['"public"', 'public'],
    ["''", ''],
    [String.raw`'it\'s'`, "it's"],
    [String.raw`'a\\b\tc\x41\u0042\q'`, 'a\\b\tcAB\\q'],
    ['True', 'True'],
    ['False', 'False'],
    ['None', 'None'],
    ['0', '0'],
    ['000', '0'],
    ['42', '42'],
    ['+42', '42'],
    ['-42', '-42'],
    ['-0', '0'],
    ['1_000', '1000'],
    ['0x1F', '31'],
    ['0o17', '15'],
    ['0b101', '5'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['1.0', '1.0'],
    ['5.', '5.0'],
    ['.5', '0.5'],
    ['0.0', '0.0'],
    ['1e3', '1000.0'],
    ['1e16', '1e+16'],
    ['123456789e9', '1.23456789e+17'],
    ['0.0001', '0.0001'],
    ['0.00012', '0.00012'],
    ['0.00001', '1e-05'],
    ['1e999', 'inf'],
  ])('%s is %j', (source, text) => {
    expect(parseLiteral(source)).toBe(text);
  });

  test.each([
    '',
    'user_id',
    'true',
    'none',
    '01',
    '1_',
    '_1',
    '0x',
    '1e',
    '.',
    '-',
    '--1',
    "'a",
    "a'",
    "'a'b'",
    "'a\\'",
  ])('%j is no literal', (source) => {
    expect(parseLiteral(source)).toBeNull();
  });
});
