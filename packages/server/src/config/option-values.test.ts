import { describe, expect, test } from 'vitest';
import { formatOptionValue, parseOptionValue } from './option-values.ts';
import { describeGroup } from './option.ts';
import type { Option } from './option.ts';
import { allOptions } from './options/all-options.ts';

const { string, integer, float, boolean, list, boundedList, dict, multi } = describeGroup('DEFAULT');
const options = {
  string: string('s', '', 'Text.'),
  choice: string('c', 'a', { help: 'A choice.', choices: ['a', 'b'] }),
  integer: integer('i', 0, 'A number.'),
  bounded: integer('b', 1, { help: 'A number.', minimum: 1, maximum: 2n ** 63n }),
  float: float('f', 0, { help: 'A number.', minimum: 0, maximum: 10 }),
  boolean: boolean('o', false, 'A switch.'),
  list: list('l', [], 'A list.'),
  choices: list('cl', [], { help: 'A list.', choices: ['mbr', 'gptmbr'] }),
  boundedList: boundedList('bl', [], 'A list.'),
  dict: dict('d', new Map(), 'Pairs.'),
  multi: multi('m', [], 'Texts.'),
};

describe('parseOptionValue', () => {
  test.each([
    ['string', 'any text, # and all', 'any text, # and all'],
    ['string', '', ''],
    ['choice', 'b', 'b'],
    ['integer', '42', 42],
    ['integer', ' -7 ', -7],
    ['integer', '+1_000', 1000],
    ['integer', '007', 7],
    ['integer', '', null],
    ['bounded', '9223372036854775808', 2 ** 63],
    ['float', '2', 2],
    ['float', '.5', 0.5],
    ['float', '1.', 1],
    ['float', '1e-3', 0.001],
    ['float', '', null],
    ['boolean', 'true', true],
    ['boolean', 'ON', true],
    ['boolean', 'Yes', true],
    ['boolean', '1', true],
    ['boolean', 'False', false],
    ['boolean', 'off', false],
    ['boolean', 'no', false],
    ['boolean', '0', false],
    ['list', '', []],
    ['list', 'a', ['a']],
    ['list', ' a , b ', ['a', 'b']],
    ['list', 'a, b,', ['a', 'b']],
    ['list', 'a\nb', ['a\nb']],
    ['choices', 'mbr,gptmbr', ['mbr', 'gptmbr']],
    ['boundedList', '[]', []],
    ['boundedList', '[a, b]', ['a', 'b']],
    ['boundedList', '[a,b],', ['a', 'b']],
    ['boundedList', '["a, b", \'c\', d]', ['a, b', 'c', 'd']],
    ['dict', '', new Map()],
    [
      'dict',
      'k1:v1, k2 : v2',
      new Map([
        ['k1', 'v1'],
        ['k2', 'v2'],
      ]),
    ],
    ['dict', 'http:http://proxy:3128', new Map([['http', 'http://proxy:3128']])],
  ] as const)('reads for %s %j as %j', (type, text, value) => {
    expect(parseOptionValue(options[type], [text])).toEqual({ value });
  });

  test.each([
    ['choice', 'c', '"c" is not a known choice; allowed is one of a, b'],
    ['choice', 'A', '"A" is not a known choice; allowed is one of a, b'],
    ['integer', '0x10', '"0x10" is not an integer; allowed is an integer'],
    ['integer', '1.5', '"1.5" is not an integer; allowed is an integer'],
    ['integer', '1__0', '"1__0" is not an integer; allowed is an integer'],
    ['bounded', '0', '"0" is too small; allowed is an integer from 1 to 9223372036854775808'],
    [
      'bounded',
      '9223372036854775809',
      '"9223372036854775809" is too large; allowed is an integer from 1 to 9223372036854775808',
    ],
    ['float', 'fast', '"fast" is not a number; allowed is a number from 0 to 10'],
    ['float', '-1', '"-1" is too small; allowed is a number from 0 to 10'],
    ['float', '1e400', '"1e400" is too large; allowed is a number from 0 to 10'],
    ['boolean', 'maybe', '"maybe" is not a boolean; allowed is true or false'],
    ['boolean', '', '"" is not a boolean; allowed is true or false'],
    ['choices', 'mbr, gpt', '"gpt" is not a known choice; allowed is a comma separated list of mbr, gptmbr'],
    ['boundedList', 'a, b', '"a, b" is not in brackets; allowed is a list in brackets, [a, b]'],
    ['boundedList', '[a', '"[a" is not in brackets; allowed is a list in brackets, [a, b]'],
    [
      'boundedList',
      '["a, b]',
      '"["a, b]" has a quoted item without its closing quote; allowed is a list in brackets, [a, b]',
    ],
    ['dict', 'a:b, c', '"a:b, c" has an item without a colon; allowed is pairs like name:value, separated by commas'],
    [
      'dict',
      ':b',
      '":b" has an item without a name before its colon; allowed is pairs like name:value, separated by commas',
    ],
    ['float', '1__0', '"1__0" is not a number; allowed is a number from 0 to 10'],
    ['dict', 'a:b, a:c', '"a:b, a:c" names the same key twice; allowed is pairs like name:value, separated by commas'],
  ] as const)('refuses for %s %j and says what is allowed', (type, text, wrong) => {
    expect(parseOptionValue(options[type], [text])).toEqual({ wrong });
  });

  test('takes the last text of an option with one value, and all of a multi option', () => {
    expect(parseOptionValue(options.integer, ['1', '2'])).toEqual({ value: 2 });
    expect(parseOptionValue(options.multi, ['a, b', 'c'])).toEqual({ value: ['a, b', 'c'] });
  });

  test('never quotes the value of a secret', () => {
    const secret = integer('pin', 0, { help: 'A pin.', secret: true });
    expect(parseOptionValue(secret, ['hunter2'])).toEqual({
      wrong: 'the value is not an integer; allowed is an integer',
    });
  });
});

describe('formatOptionValue', () => {
  test('writes the default of every option so that it is read as the same value', () => {
    const unequal = allOptions.filter((option) => {
      const texts = formatOptionValue(option, option.default);
      if (texts.length === 0) return false;
      const parsed = parseOptionValue(option, texts);
      return !('value' in parsed) || !isSame(parsed.value, option.default);
    });
    expect(unequal).toEqual([]);
  });

  test('keeps dollars, outer blanks and outer quotes by what the reader drops', () => {
    expect(formatOptionValue(options.string, 'a$b')).toEqual(['a$$b']);
    expect(formatOptionValue(options.string, ' a ')).toEqual(['" a "']);
    expect(formatOptionValue(options.string, "'a'")).toEqual([`"'a'"`]);
  });
});

describe('the table of options', () => {
  test('has each name once', () => {
    const names = allOptions.map((option) => `${option.group}/${option.name}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test('has no deprecated name that is the name of another option', () => {
    const names = new Set(allOptions.map((option) => `${option.group}/${option.name}`));
    const clashes = allOptions.flatMap((option) =>
      option.deprecatedNames.filter(({ group, name }) => names.has(`${group}/${name}`)),
    );
    expect(clashes).toEqual([]);
  });

  test('marks every password, key and connection as a secret', () => {
    const suspicious = /password|secret(_key)?$|_key$|secret_id|transport_url|^(slave_)?connection$/;
    const open = allOptions.filter((option: Option) => suspicious.test(option.name) && !option.secret);
    expect(open.map((option) => option.name)).toEqual([]);
  });
});

function isSame(one: unknown, other: unknown): boolean {
  return (
    JSON.stringify(one instanceof Map ? [...one] : one) === JSON.stringify(other instanceof Map ? [...other] : other)
  );
}
