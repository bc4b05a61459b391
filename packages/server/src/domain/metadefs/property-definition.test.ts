import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExactJson, writePythonJson } from '../../lib/python-json.ts';
import { namedDefinition, readDefinition, storedDefinition, isRecord } from './property-definition.ts';

function read(text: string) {
  const raw = parseExactJson(text);
  return readDefinition(isRecord(raw) ? raw : {});
}

describe('a default becomes text', () => {
  test.each<[string, string | null]>([
    ['"x"', 'x'],
    ['""', ''],
    ['5', '5'],
    ['-0', '0'],
    ['5.0', '5.0'],
    ['1.25', '1.25'],
    ['1e16', '1e+16'],
    ['1e-7', '1e-07'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['true', 'True'],
    ['false', 'False'],
    ['null', null],
    ['[1]', null],
    ['{"a": 1}', null],
  ])('%s: %s', (sent, shown) => {
    expect([...read(`{"default": ${sent}}`)]).toEqual([['default', shown]]);
  });
});

describe('a bound is cut towards zero', () => {
  test.each<[string, string]>([
    ['3', '3'],
    ['3.0', '3'],
    ['0.5', '0'],
    ['-0.5', '0'],
    ['-1.7', '-1'],
    ['10.5', '10'],
    ['9223372036854775807', '9223372036854775807'],
    ['1e30', '1000000000000000019884624838656'],
  ])('%s: %s', (sent, shown) => {
    expect(writePythonJson(read(`{"minimum": ${sent}, "maximum": ${sent}}`))).toBe(
      `{"minimum": ${shown}, "maximum": ${shown}}`,
    );
  });
});

test('the order of attributes is always the same', () => {
  const attributes = {
    additionalItems: true,
    maxItems: 5,
    minItems: 1,
    uniqueItems: true,
    items: { enum: ['a'], type: 'string' },
    maxLength: 3,
    minLength: 0,
    pattern: '(',
    enum: ['a'],
    maximum: 3,
    minimum: 1,
    readonly: false,
    default: 'd',
    operators: ['<in>'],
    description: 'de',
    title: 't',
    type: 'array',
    name: 'n',
  };
  const names = [...readDefinition(attributes).keys()];
  expect(names.join(' ')).toBe(
    'name type title description operators default readonly minimum maximum enum pattern minLength maxLength items ' +
      'uniqueItems minItems maxItems additionalItems',
  );
});

describe('what the model cannot take is refused: badRequest', () => {
  test.each<[string, object]>([
    ['an unknown attribute', { foo: 1 }],
    ['required', { required: ['a'] }],
    ['an attribute named like a method of objects', { constructor: 'x' }],
    ['an enum of numbers', { enum: [1] }],
    ['operators that are numbers', { operators: [1] }],
    ['items without a type', { items: {} }],
    ['items of an unknown attribute', { items: { type: 'string', foo: 1 } }],
    ['items of an enum of numbers', { items: { type: 'number', enum: [1] } }],
    ['an emoji in a title', { title: '😀' }],
    ['U+0000 in a default', { default: 'a\0b' }],
  ])('%s', (_, raw) => {
    expect(() => readDefinition({ ...raw })).toThrow(expect.objectContaining({ code: 'badRequest' }));
    expect(() => storedDefinition(raw)).not.toThrow();
  });
});

test('anything that is stored can be read, and reading it again changes nothing', () => {
  const names = ['name', 'type', 'default', 'minimum', 'enum', 'items', 'readonly', 'unknown', '__proto__'];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 2 })), (raw) => {
      const once = storedDefinition(parseExactJson(JSON.stringify(raw)));
      expect(storedDefinition(parseExactJson(writePythonJson(once)))).toEqual(once);
    }),
  );
});

test('what was read from a request is stored and read again as it is', () => {
  const attributes = fc.record(
    {
      type: fc.constantFrom('string', 'integer'),
      title: fc.string(),
      default: fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
      minimum: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
      enum: fc.array(fc.string()),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(attributes, (raw) => {
      const text = JSON.stringify(raw);
      fc.pre(!/\\u0000|[\ud800-\udfff]|\\ud/i.test(text));
      const definition = read(text);
      expect(storedDefinition(parseExactJson(writePythonJson(definition)))).toEqual(definition);
    }),
  );
});

test('a definition is named once, and first', () => {
  const definition = storedDefinition({ title: 't', name: 'other' });
  expect([...namedDefinition('own', definition)]).toEqual([
    ['name', 'own'],
    ['title', 't'],
  ]);
});
