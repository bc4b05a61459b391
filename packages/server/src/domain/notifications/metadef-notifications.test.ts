import { describe, expect, test } from 'vitest';
import type { AttributeValue } from '../metadefs/property-definition.ts';
import { objectNotification, propertyNotification } from './metadef-notifications.ts';

const attributes = [
  'additionalItems',
  'confidential',
  'default',
  'description',
  'enum',
  'items',
  'maxItems',
  'maxLength',
  'maximum',
  'minItems',
  'minLength',
  'minimum',
  'pattern',
  'title',
  'type',
  'uniqueItems',
];

describe('What is told of a definition of a property', () => {
  test.each<[string, AttributeValue, unknown, unknown]>([
    ['minimum', 0n, 0, null],
    ['minimum', 0, 0, null],
    ['minimum', -1n, -1, -1],
    ['confidential', false, false, null],
    ['confidential', true, true, true],
    ['pattern', '', '', null],
    ['pattern', '^a$', '^a$', '^a$'],
    ['enum', [], [], null],
    ['enum', ['a'], ['a'], ['a']],
    ['items', new Map(), {}, null],
    ['items', new Map<string, AttributeValue>([['type', 'string']]), { type: 'string' }, { type: 'string' }],
    ['default', null, null, null],
  ])('has %s %s as %s, and within an object as %s', (name, value, expected, withinObject) => {
    const definition = new Map([[name, value]]);
    const { payload } = propertyNotification('create', { namespace: 'n', name: 'p', definition });
    const told = JSON.parse(JSON.stringify(payload)) as Record<string, unknown>;
    expect(told[name]).toEqual(expected);
    const others = ['deleted', 'deleted_at', 'name', 'name_old', 'namespace'];
    expect(Object.keys(told).toSorted()).toEqual([...attributes, ...others].toSorted());
    const at = new Date('2026-03-01T09:30:00.250Z');
    const properties = new Map([['p', definition]]);
    const object = { name: 'o', description: null, required: [], properties, createdAt: at, updatedAt: at };
    const whole = JSON.stringify(objectNotification('create', { namespace: 'n', object }).payload);
    const [inner] = (JSON.parse(whole) as { properties: Record<string, unknown>[] }).properties;
    expect(inner?.[name]).toEqual(withinObject);
  });

  test('is the same within an object, under the name of the property', () => {
    const at = new Date('2026-03-01T09:30:00.250Z');
    const properties = new Map([['cores', new Map<string, AttributeValue>([['type', 'integer']])]]);
    const object = { name: 'o', description: null, required: ['cores'], properties, createdAt: at, updatedAt: null };
    const { payload } = objectNotification('update', { namespace: 'n', object }, { formerName: 'former' });
    expect(payload).toMatchObject({
      namespace: 'n',
      name: 'o',
      name_old: 'former',
      required: ['cores'],
      created_at: '2026-03-01T09:30:00Z',
      updated_at: '2026-03-01T09:30:00Z',
      deleted: false,
      deleted_at: null,
    });
    const [told] = (payload as { properties: Record<string, unknown>[] }).properties;
    expect(told).toMatchObject({ name: 'cores', type: 'integer' });
    expect(Object.keys(told ?? {}).toSorted()).toEqual([...attributes, 'name'].toSorted());
  });
});
