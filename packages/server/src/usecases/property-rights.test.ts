/** Protected properties in all that reads and writes images. */
import { describe, expect, test } from 'vitest';
import type { Image } from '../domain/images/image.ts';
import { protectionsOf } from '../domain/property-protections/protection-samples.testing.ts';
import type { ProtectionRows } from '../domain/property-protections/protection-samples.testing.ts';
import { readableImage } from '../domain/property-protections/property-rights.ts';
import { createImage } from './images/create.ts';
import { deleteImage } from './images/delete.ts';
import { listImages } from './images/list.ts';
import { showImage } from './images/show.ts';
import { updateImage } from './images/update.ts';
import { findPropertyGrants, findPropertyRights, propertyRightsOf } from './property-rights.ts';
import { addImage, administrator, contextOf, findImage, openTestService, outcomeOf, owner } from './service.testing.ts';
import type { TestService } from './service.testing.ts';
import { createTask } from './tasks/tasks.ts';

const protections: ProtectionRows = {
  '^billing_': ['admin', 'admin', 'admin', 'admin'],
  '^support_': ['admin', 'admin,member', 'admin', 'admin'],
  '^drop_': ['@', 'admin', '!', '!'],
  '.*': ['@', '@', '@', '@'],
};

const properties = new Map([
  ['billing_code', '42'],
  ['support_level', 'gold'],
  ['free', 'yes'],
]);

function open(): TestService {
  return openTestService({ protections });
}

function patch(service: TestService, imageId: string, document: readonly object[], context = owner): Promise<Image> {
  return updateImage(service.parts, context, { imageId, dialect: 'v2.1', document, precondition: null });
}

describe('Protected properties', () => {
  test('are shown to those who may read them', async () => {
    const service = open();
    const { id } = await addImage(service, { properties });
    expect([...(await showImage(service.parts, owner, id)).properties.keys()]).toEqual(['support_level', 'free']);
    expect((await showImage(service.parts, administrator, id)).properties).toEqual(properties);
    const page = await listImages(service.parts, owner, { path: '/v2/images', query: [], dialect: null });
    expect(page.images.map((image) => [...image.properties.keys()])).toEqual([['support_level', 'free']]);
  });

  test('do not tell their value through a filter', async () => {
    const service = open();
    await addImage(service, { properties });
    async function found(name: string, value: string, context = owner): Promise<number> {
      const query = [[name, value] as const];
      return (await listImages(service.parts, context, { path: '/v2/images', query, dialect: null })).images.length;
    }
    expect(await found('billing_code', '42')).toBe(0);
    expect(await found('billing_code', '41')).toBe(0);
    expect(await found('support_level', 'gold')).toBe(1);
    expect(await found('billing_code', '42', administrator)).toBe(1);
  });

  test('stay as they are when somebody who may not read them changes something else', async () => {
    const service = open();
    const { id } = await addImage(service, { properties });
    const changed = await patch(service, id, [{ op: 'replace', path: '/free', value: 'no' }]);
    expect([...changed.properties]).toEqual([
      ['support_level', 'gold'],
      ['free', 'no'],
    ]);
    expect((await findImage(service, id))?.properties).toEqual(new Map([...properties, ['free', 'no']]));
  });

  test.each([
    ['adding one', [{ op: 'add', path: '/billing_other', value: '1' }], 'forbidden'],
    ['adding one that is there', [{ op: 'add', path: '/billing_code', value: '1' }], 'forbidden'],
    ['replacing one that may be read', [{ op: 'replace', path: '/support_level', value: '1' }], 'forbidden'],
    ['removing one that may be read', [{ op: 'remove', path: '/support_level' }], 'forbidden'],
    ['replacing one that may not be read', [{ op: 'replace', path: '/billing_code', value: '1' }], 'conflict'],
    ['removing one that may not be read', [{ op: 'remove', path: '/billing_code' }], 'conflict'],
    ['removing one that is not there', [{ op: 'remove', path: '/billing_none' }], 'conflict'],
  ])('refuse %s, and nothing is written', async (_, document, outcome) => {
    const service = open();
    const image = await addImage(service, { properties });
    const all = [{ op: 'replace', path: '/name', value: 'changed' }, ...document];
    expect(await outcomeOf(patch(service, image.id, all))).toBe(outcome);
    expect(await findImage(service, image.id)).toEqual(image);
    expect(await outcomeOf(patch(service, image.id, all, administrator))).toBe(
      outcome === 'conflict' && JSON.stringify(document).includes('none') ? 'conflict' : 'none',
    );
  });

  test('are refused in a new image: 403; those that may only be written are kept', async () => {
    const service = open();
    expect(await outcomeOf(createImage(service.parts, owner, { billing_code: '1' }))).toBe('forbidden');
    expect(service.database.records.size).toBe(0);
    const image = await createImage(service.parts, owner, { drop_note: 'x', free: 'y' });
    expect([...image.properties.keys()]).toEqual(['free']);
    expect((await findImage(service, image.id))?.properties.get('drop_note')).toBe('x');
  });

  test('are no part of what If-Match is compared with', async () => {
    const service = open();
    const { id: imageId } = await addImage(service, { properties });
    const seen: Image[] = [];
    const precondition = (image: Image) => void seen.push(image);
    await updateImage(service.parts, owner, { imageId, dialect: 'v2.1', document: [], precondition });
    await deleteImage(service.parts, owner, { imageId, precondition, call: null });
    expect(seen.length).toBeGreaterThanOrEqual(2);
    for (const image of seen) expect([...image.properties.keys()]).toEqual(['support_level', 'free']);
  });

  test('are everybody’s where nothing is protected', async () => {
    const service = openTestService();
    const image = await createImage(service.parts, owner, { billing_code: '1' });
    expect(image.properties).toEqual(new Map([['billing_code', '1']]));
    expect(await findPropertyGrants(service.parts, owner)).toBeNull();
  });
});

describe('Rights by policies', () => {
  test('are what the rules say without a target', async () => {
    const service = openTestService({ rules: { billing_read: 'role:accountant', broken: 'project_id:%(owner)s' } });
    const rows: ProtectionRows = { '^billing_': ['!', 'billing_read', 'broken', '!'] };
    const parts = { ...service.parts, protections: protectionsOf(rows, 'policies') };
    const accountant = await findPropertyRights(parts, contextOf('own', 'reader', 'accountant'));
    const other = await findPropertyRights(parts, owner);
    expect([accountant.may('read', 'billing_code'), other.may('read', 'billing_code')]).toEqual([true, false]);
    expect(accountant.may('update', 'billing_code')).toBe(false);
  });
});

describe('A task that makes an image', () => {
  test.each([
    ['with a property that may not be made fails', 'sealed_by', 'failure', 0],
    ['with one that may be made goes on', 'billing_code', 'success', 1],
  ])('%s', async (_, name, status, images) => {
    const service = openTestService({ protections: { '^sealed_': ['!', '@', '!', '!'], '.*': ['@', '@', '@', '@'] } });
    const url = 'http://mirror.example/disk';
    service.web.pages.set(url, { bytes: Buffer.from('data') });
    const described = { disk_format: 'raw', container_format: 'bare', [name]: 'x' };
    const input = { import_from: url, import_from_format: 'raw', image_properties: described };
    await createTask(service.parts, administrator, async () => ({ type: 'import', input }));
    await service.jobs.settled();
    expect([...service.database.tasks.values()].map((task) => task.status)).toEqual([status]);
    expect([...service.database.records.values()].filter(({ deleted }) => !deleted)).toHaveLength(images);
  });
});

describe('Rights that were written down', () => {
  test('are the same when they are read again', async () => {
    const { parts } = open();
    const grants = await findPropertyGrants(parts, owner);
    const again = propertyRightsOf(parts, JSON.parse(JSON.stringify(grants)));
    const now = await findPropertyRights(parts, owner);
    for (const action of ['create', 'read', 'update', 'delete'] as const) {
      for (const name of ['billing_a', 'support_a', 'drop_a', 'free']) {
        expect(again.may(action, name)).toBe(now.may(action, name));
      }
    }
  });

  test('of work that has none written down are nobody’s, once properties are protected', async () => {
    const rights = propertyRightsOf(open().parts, null);
    expect(rights.may('create', 'free')).toBe(false);
    expect(readableImage(await addImage(open(), { properties }), rights).properties.size).toBe(0);
    expect(propertyRightsOf(openTestService().parts, null).may('create', 'free')).toBe(true);
  });
});

describe('A refusal by a rule', () => {
  const rules = { delete_image: '!' };

  test.each([
    [
      'an administrator, where denials are explained, is told why',
      administrator,
      true,
      /Rule `delete_image`.*`!` denies/,
    ],
    ['an administrator is told no more than that otherwise', administrator, false, /with this token\.$/],
    ['a member is told no more than that', owner, true, /with this token\.$/],
  ])('to %s', async (_, context, explainsDenials, text) => {
    const service = openTestService({ rules, explainsDenials });
    const { id: imageId } = await addImage(service);
    await expect(deleteImage(service.parts, context, { imageId, precondition: null, call: null })).rejects.toThrow(
      text,
    );
  });

  test.each([
    [administrator, true, /Section \[\^sealed_\] of the property protections lets nobody create it\.$/],
    [administrator, false, /not open to this caller\.$/],
    [owner, true, /not open to this caller\.$/],
  ])(
    'of a property is explained to administrators alone, and where denials are explained',
    async (context, explainsDenials, text) => {
      const sealed: ProtectionRows = { '^sealed_': ['!', '@', '!', '!'] };
      const service = openTestService({ protections: sealed, explainsDenials });
      await expect(createImage(service.parts, context, { sealed_by: 'x' })).rejects.toThrow(text);
    },
  );

  test('that hides an image hides it from administrators too, and says no more', async () => {
    const service = openTestService({ rules: { get_image: '!' }, explainsDenials: true });
    const { id } = await addImage(service);
    await expect(showImage(service.parts, administrator, id)).rejects.toThrow(`There is no image with ID ${id}.`);
  });
});
