import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAccepted, isDisabled } from './routing.ts';

test.each([
  [['image'], 'image.create', true],
  [['image'], 'image.member.create', true],
  [['image.member'], 'image.member.create', true],
  [['image.member'], 'image.create', false],
  [['image.create'], 'image.create', true],
  [['image.creat'], 'image.create', false],
  [['imag'], 'image.create', false],
  [['metadef_tag'], 'metadef_tag.delete', true],
  [[''], 'image.create', false],
  [[], 'image.create', false],
])('with disabled_notifications %j, %s is disabled: %s', (entries, type, expected) => {
  expect(isDisabled(entries, type)).toBe(expected);
});

test('every part of a name before a dot disables it, and nothing else does', () => {
  const word = fc.stringMatching(/^[a-z_]{1,5}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), word, (parts, other) => {
      const type = parts.join('.');
      for (let count = 1; count <= parts.length; count += 1) {
        expect(isDisabled([parts.slice(0, count).join('.')], type)).toBe(true);
      }
      expect(isDisabled([other], type)).toBe(other === parts[0]);
    }),
  );
});

test('a notification passes when one rule lets both its type and its priority pass', () => {
  const event = { type: 'image.upload', priority: 'ERROR' } as const;
  expect(isAccepted([], event)).toBe(false);
  expect(isAccepted([{}], event)).toBe(true);
  expect(isAccepted([{ acceptedEvents: ['image.*'], acceptedPriorities: ['INFO'] }], event)).toBe(false);
  expect(isAccepted([{ acceptedEvents: ['task.*'] }, { acceptedPriorities: ['error'] }], event)).toBe(true);
  expect(isAccepted([{ acceptedEvents: [] }], event)).toBe(false);
});
