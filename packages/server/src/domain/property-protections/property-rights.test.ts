import { describe, expect, test } from 'vitest';
import { isImageServiceError } from '../errors.ts';
import { sampleImage } from '../images/image-samples.testing.ts';
import type { ImageFilter } from '../images/list-query.ts';
import {
  checkNewProperties,
  checkPropertyChange,
  findGrants,
  readableFilters,
  readableImage,
  rightsOf,
  writableProperties,
} from './property-rights.ts';
import type { PropertyChange, PropertyRights } from './property-rights.ts';
import { propertyActions } from './property-protections.ts';
import { protectionsOf } from './protection-samples.testing.ts';
import type { ProtectionRows } from './protection-samples.testing.ts';

const rows: ProtectionRows = {
  '^owned_': ['Owner, admin', 'owner,reader', ' owner ', 'owner'],
  '^secret_': ['admin', 'admin', 'admin', 'admin'],
  '^once_': ['@', '@', '!', '!'],
  '^dropbox_': ['@', '!', '@', '@'],
  '^later_': ['!', 'reader', 'owner', 'admin'],
  '^empty_': ['', '', '', ''],
  _late: ['@', '@', '@', '@'],
};

async function rights(...roles: readonly string[]): Promise<PropertyRights> {
  const protections = protectionsOf(rows);
  return rightsOf(protections, await findGrants(protections, { roles, serviceRoles: [] }, () => false));
}

/** First letters of what is allowed. */
function allowed(held: PropertyRights, name: string): string {
  return propertyActions
    .filter((action) => held.may(action, name))
    .map((action) => action[0])
    .join('');
}

describe('Protections by roles', () => {
  test.each([
    ['owned_x', ['owner'], 'crud'],
    ['owned_x', ['admin'], 'c'],
    ['owned_x', ['reader'], 'r'],
    ['owned_x', [], ''],
    ['once_x', [], 'cr'],
    ['dropbox_x', ['admin'], 'cud'],
    ['empty_x', ['admin'], ''],
    ['secret_late', ['reader'], ''],
    ['x_late', [], 'crud'],
    ['unknown', ['admin'], ''],
    ['os_glance_import_task', [], 'crud'],
  ])('let %s be used by somebody with the roles %j: %s', async (name, roles, expected) => {
    expect(allowed(await rights(...roles), name)).toBe(expected);
  });

  test('look at the roles of the service token too, whatever their case', async () => {
    const protections = protectionsOf(rows);
    const grants = await findGrants(protections, { roles: [], serviceRoles: ['ADMIN'] }, () => false);
    expect(allowed(rightsOf(protections, grants), 'secret_x')).toBe('crud');
  });
});

describe('Protections by policies', () => {
  const policies: ProtectionRows = { '^a_': ['mine', '@', 'other', 'mine'], '^b_': ['!', 'other', '', 'mine'] };

  test('ask each policy once, and let its outcome count', async () => {
    const protections = protectionsOf(policies, 'policies');
    const asked: string[] = [];
    const grants = await findGrants(protections, { roles: ['other'], serviceRoles: [] }, async (rule) => {
      asked.push(rule);
      return rule === 'mine';
    });
    expect(asked).toEqual(['mine', 'other']);
    expect(allowed(rightsOf(protections, grants), 'a_x')).toBe('crd');
    expect(allowed(rightsOf(protections, grants), 'b_x')).toBe('d');
  });
});

describe('A change of a property', () => {
  function outcome(change: PropertyChange, held: PropertyRights): string {
    try {
      checkPropertyChange(change, held);
      return 'done';
    } catch (error) {
      if (isImageServiceError(error)) return error.code;
      throw error;
    }
  }

  test.each<
    readonly [string, readonly string[], Record<PropertyChange['verb'], readonly [present: string, absent: string]>]
  >([
    [
      'owned_x',
      ['owner'],
      {
        add: ['done', 'done'],
        addNew: ['conflict', 'done'],
        replace: ['done', 'conflict'],
        remove: ['done', 'conflict'],
      },
    ],
    [
      'owned_x',
      ['reader'],
      {
        add: ['forbidden', 'forbidden'],
        addNew: ['conflict', 'forbidden'],
        replace: ['forbidden', 'conflict'],
        remove: ['forbidden', 'conflict'],
      },
    ],
    [
      'secret_x',
      ['owner'],
      {
        add: ['forbidden', 'forbidden'],
        addNew: ['forbidden', 'forbidden'],
        replace: ['conflict', 'conflict'],
        remove: ['conflict', 'conflict'],
      },
    ],
    [
      'once_x',
      [],
      {
        add: ['forbidden', 'done'],
        addNew: ['conflict', 'done'],
        replace: ['forbidden', 'conflict'],
        remove: ['forbidden', 'conflict'],
      },
    ],
    [
      'dropbox_x',
      [],
      {
        add: ['done', 'done'],
        addNew: ['done', 'done'],
        replace: ['conflict', 'conflict'],
        remove: ['conflict', 'conflict'],
      },
    ],
    [
      'later_x',
      ['owner', 'reader'],
      {
        add: ['done', 'forbidden'],
        addNew: ['conflict', 'forbidden'],
        replace: ['done', 'conflict'],
        remove: ['forbidden', 'conflict'],
      },
    ],
  ])('of %s by somebody with the roles %j', async (name, roles, expected) => {
    const held = await rights(...roles);
    const verbs = ['add', 'addNew', 'replace', 'remove'] as const;
    const outcomes = verbs.map((verb) => [
      verb,
      [outcome({ verb, name, exists: true }, held), outcome({ verb, name, exists: false }, held)],
    ]);
    expect(Object.fromEntries(outcomes)).toEqual(expected);
  });

  test('that is refused does not tell whether the property is there to somebody who may neither read nor create it', async () => {
    const held = await rights();
    for (const verb of ['add', 'addNew', 'replace', 'remove'] as const) {
      const [present, absent] = [true, false].map((exists) => {
        try {
          return checkPropertyChange({ verb, name: 'secret_x', exists }, held);
        } catch (error) {
          return String(error);
        }
      });
      expect(present).toBe(absent);
    }
  });
});

describe('Reading', () => {
  const image = sampleImage({
    properties: new Map([
      ['owned_x', '1'],
      ['secret_x', '2'],
      ['x_late', '3'],
      ['os_glance_note', '4'],
    ]),
  });

  test('an image leaves out what may not be read', async () => {
    const seen = readableImage(image, await rights('reader'));
    expect([...seen.properties.keys()]).toEqual(['owned_x', 'x_late', 'os_glance_note']);
    expect(image.properties.size).toBe(4);
  });

  test('an image without anything hidden gives the very same image', async () => {
    expect(readableImage(image, await rights('owner', 'admin'))).toBe(image);
  });

  test('by a filter finds nothing where the property may not be read', async () => {
    const filters: readonly ImageFilter[] = [
      { kind: 'property', name: 'secret_x', value: '2' },
      { kind: 'property', name: 'owned_x', value: '1' },
    ];
    expect(readableFilters(filters, await rights('reader'))).toEqual([{ kind: 'nothing' }, filters[1]]);
  });
});

test.each([
  [
    'secret_x',
    'read',
    'Section [^secret_] of the property protections lets only those with one of the roles admin read it.',
  ],
  [
    'owned_x',
    'create',
    'Section [^owned_] of the property protections lets only those with one of the roles owner, admin create it.',
  ],
  ['once_x', 'update', 'Section [^once_] of the property protections lets nobody update it.'],
  ['unknown', 'delete', 'No section of the property protections is found in its name.'],
] as const)('Who may do what with %s is explained to those who are told: %s', async (name, action, text) => {
  const protections = protectionsOf(rows);
  const grants = await findGrants(protections, { roles: [], serviceRoles: [] }, () => false);
  expect(rightsOf(protections, grants, { explains: true }).explain(action, name)).toBe(text);
  expect(rightsOf(protections, grants).explain(action, name)).toBe('');
});

test('A new image is refused for the first property that may not be created: 403', async () => {
  const held = await rights();
  expect(() => checkNewProperties(['once_a', 'secret_b', 'secret_c'], held)).toThrow(/secret_b/);
  expect(() => checkNewProperties(['once_a', 'x_late'], held)).not.toThrow();
});

test('Properties that come with the data of another image are taken over as far as the caller may write them', async () => {
  const image = {
    properties: new Map([
      ['later_there', 'old'],
      ['once_there', 'old'],
    ]),
  };
  const wanted = new Map([
    ['later_there', '1'],
    ['later_new', '2'],
    ['once_there', '3'],
    ['once_new', '4'],
    ['secret_x', '5'],
  ]);
  expect([...writableProperties(wanted, image, await rights('owner')).keys()]).toEqual(['later_there', 'once_new']);
});
