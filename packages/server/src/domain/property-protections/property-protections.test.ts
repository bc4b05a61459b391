import { describe, expect, test } from 'vitest';
import { PropertyProtections, readProtections } from './property-protections.ts';
import type { ProtectionFormat } from './property-protections.ts';
import { protectionsOf, sectionsOf } from './protection-samples.testing.ts';
import type { ProtectionRows } from './protection-samples.testing.ts';

function problems(rows: ProtectionRows, format: ProtectionFormat = 'roles'): readonly string[] {
  const read = readProtections(sectionsOf(rows), format);
  return 'problems' in read ? read.problems.map(({ line, message }) => `${line}: ${message}`) : [];
}

describe('Sections of a protection file', () => {
  test('are tried in their order, and what none is found in is in none', () => {
    const protections = protectionsOf({ '^a': ['@', '@', '@', '@'], b: ['!', '!', '!', '!'] });
    const found = ['ab', 'cb', 'c', 'ab'].map((name) => protections.sectionOf(name)?.pattern.source ?? null);
    expect(found).toEqual(['^a', 'b', null, '^a']);
  });

  test('are asked once for each name', () => {
    let asked = 0;
    const pattern = { source: 'a', isFoundIn: (name: string) => ++asked > 0 && name.includes('a') };
    const nobody = { kind: 'nobody' } as const;
    const requirements = { create: nobody, read: nobody, update: nobody, delete: nobody };
    const protections = new PropertyProtections([{ pattern, requirements }]);
    for (let round = 0; round < 3; round++) for (const name of ['a', 'b']) protections.sectionOf(name);
    expect(asked).toBe(2);
  });

  test('for the service’s own properties are passed over, even when they are wrong', () => {
    const read = readProtections(sectionsOf({ os_glance_x: ['@,!', '', '', ''], '^a': ['@', '@', '@', '@'] }), 'roles');
    expect('protections' in read && read.protections.sections.map(({ pattern }) => pattern.source)).toEqual(['^a']);
  });

  test('say what each may do', () => {
    const [section] = protectionsOf({ x: ['A, b', '@', 'c,!', ''] }).sections;
    expect(section?.requirements).toEqual({
      create: { kind: 'roles', roles: new Set(['a', 'b']) },
      read: { kind: 'everybody' },
      update: { kind: 'nobody' },
      delete: { kind: 'nobody' },
    });
  });

  test('by policies name one each', () => {
    const protections = protectionsOf({ x: ['mine', '@', '!', ''] }, 'policies');
    expect([...protections.policies()]).toEqual(['mine']);
    const [section] = protections.sections;
    expect(section?.requirements).toEqual({
      create: { kind: 'policy', rule: 'mine' },
      read: { kind: 'everybody' },
      update: { kind: 'nobody' },
      delete: { kind: 'nobody' },
    });
  });
});

describe('What is wrong is told all at once, with its line:', () => {
  test.each<readonly [string, ProtectionRows, ProtectionFormat, readonly string[]]>([
    ['everybody and nobody', { x: ['@, !', '', '', ''] }, 'roles', ['2: [x] says both @, everybody, and !, nobody']],
    ['two policies', { x: ['', 'a, b', '', ''] }, 'policies', ['3: [x] names more than one policy']],
    [
      'a pattern, and a value',
      { 'a(': ['@', '@', '@', '@'], b: ['@', '@', '@', '%(x)s'] },
      'roles',
      [
        '1: the pattern [a(] cannot be used: a group is not closed (at character 3)',
        '10: [b] has a percent sign in a value, which cannot be part of a name here',
      ],
    ],
  ])('%s', (_, rows, format, expected) => {
    expect(problems(rows, format)).toEqual(expected);
  });

  test('a key that is missing', () => {
    const entries = new Map([
      ['create', { value: '@', line: 8 }],
      ['read', { value: '@', line: 9 }],
    ]);
    expect(readProtections([{ name: 'x', line: 7, entries }], 'roles')).toEqual({
      problems: [
        { line: 7, message: '[x] needs update; it has create, read' },
        { line: 7, message: '[x] needs delete; it has create, read' },
      ],
    });
  });
});
