import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import type { ImageList, ImageView, MemberList, MetadefNamespaceRequest, TaskView } from '../wire.ts';
import { conflictingExtraProperties, imageSchema } from './image.ts';
import { schemaDocumentIds } from './json-schema.ts';
import { schemaDocuments } from './schema-documents.ts';
import { taskRequestSchema } from './task.ts';

function ajv(): Ajv {
  // The documents carry members of their own (`name`, `links`, `is_base`), and formats are informative.
  return new Ajv({ strict: false, validateFormats: false, allErrors: true });
}

function accepts(schema: object, value: unknown): boolean {
  return ajv().validate(schema, value);
}

const documents = schemaDocuments();
const imageId = '6d0b3c1e-0000-4000-8000-1d2e3f405060';

const image: ImageView = {
  os_distro: 'debian',
  name: 'web',
  disk_format: 'qcow2',
  container_format: 'bare',
  visibility: 'shared',
  size: 1048576,
  virtual_size: 8589934592,
  status: 'active',
  checksum: '0'.repeat(32),
  protected: false,
  min_ram: 0,
  min_disk: 0,
  owner: 'p-77',
  os_hidden: false,
  os_hash_algo: 'sha512',
  os_hash_value: 'a'.repeat(128),
  id: imageId,
  created_at: '2026-03-01T09:00:00Z',
  updated_at: '2026-03-01T09:00:07Z',
  tags: ['lts'],
  self: `/v2/images/${imageId}`,
  file: `/v2/images/${imageId}/file`,
  schema: '/v2/schemas/image',
  stores: 'fast',
};

describe('every schema document', () => {
  test.each(schemaDocumentIds)('%s compiles, every reference resolved', (id) => {
    expect(ajv().compile(documents[id])).toBeTypeOf('function');
  });

  test.each(schemaDocumentIds)('%s has no member that would make it another schema at its top', (id) => {
    const document: object = documents[id];
    expect(['$schema', 'id', '$id', 'type'].filter((member) => Object.hasOwn(document, member))).toEqual([]);
  });

  test.each([
    ['image', 'image', 'name properties additionalProperties links'],
    ['images', 'images', 'name properties links'],
    ['member', 'member', 'name properties'],
    ['members', 'members', 'name properties links'],
    ['task', 'task', 'name properties'],
    ['tasks', 'tasks', 'name properties links'],
    ['metadefs/namespace', 'namespace', 'name properties additionalProperties definitions required'],
    ['metadefs/namespaces', 'namespaces', 'name properties links definitions'],
    ['metadefs/resource_type', 'resource_type_association', 'name properties additionalProperties required'],
    ['metadefs/resource_types', 'resource_type_associations', 'name properties links'],
    ['metadefs/property', 'property', 'name properties additionalProperties definitions required'],
    ['metadefs/properties', 'properties', 'name properties links definitions'],
    ['metadefs/object', 'object', 'name properties additionalProperties definitions required'],
    ['metadefs/objects', 'objects', 'name properties links definitions'],
    ['metadefs/tag', 'tag', 'name properties additionalProperties required'],
    ['metadefs/tags', 'tags', 'name properties links'],
  ] as const)('%s is named %s and has the members: %s', (id, name, members) => {
    expect(documents[id].name).toBe(name);
    expect(Object.keys(documents[id]).join(' ')).toBe(members);
  });
});

describe('the schema of an image', () => {
  const { properties } = imageSchema();

  test('lists base attributes, then the shipped extra ones, in order', () => {
    expect(Object.keys(properties).join(' ')).toBe(
      'id name status visibility protected os_hidden checksum os_hash_algo os_hash_value owner size virtual_size ' +
        'container_format disk_format created_at updated_at tags direct_url min_ram min_disk self file stores schema ' +
        'locations kernel_id ramdisk_id instance_uuid architecture os_distro os_version description ' +
        'cinder_encryption_key_id cinder_encryption_key_deletion_policy',
    );
  });

  test('marks as read-only what the service sets', () => {
    const readOnly = Object.keys(properties).filter((name) => properties[name]?.readOnly === true);
    expect(readOnly.join(' ')).toBe(
      'status checksum os_hash_algo os_hash_value size virtual_size created_at updated_at direct_url self file stores ' +
        'schema',
    );
  });

  test('allows null, named first, where a value may be missing', () => {
    const nullable = Object.keys(properties).filter((name) => Array.isArray(properties[name]?.type));
    expect(nullable.join(' ')).toBe(
      'name checksum os_hash_algo os_hash_value owner size virtual_size container_format disk_format kernel_id ramdisk_id',
    );
    expect(nullable.filter((name) => properties[name]?.type?.[0] !== 'null')).toEqual([]);
  });

  test.each([
    ['status', 'queued,saving,active,killed,deleted,uploading,importing,pending_delete,deactivated'],
    ['visibility', 'community,public,private,shared'],
    ['container_format', ',ami,ari,aki,bare,ovf,ova,docker,compressed'],
    ['disk_format', ',ami,ari,aki,vhd,vhdx,vmdk,raw,qcow2,vdi,iso,ploop'],
    ['cinder_encryption_key_deletion_policy', 'on_image_deletion,do_not_delete'],
  ])('lists the values of %s as "%s"', (name, values) => {
    expect(properties[name]?.enum?.join(',')).toBe(values);
  });

  test('keeps configured formats in their order, after null', () => {
    const schema = imageSchema({ diskFormats: ['raw', 'iso'], containerFormats: ['bare'] });
    expect(schema.properties['disk_format']?.enum).toEqual([null, 'raw', 'iso']);
    expect(schema.properties['container_format']?.enum).toEqual([null, 'bare']);
  });

  test('marks extra properties, and only them, as not of the base', () => {
    const schema = imageSchema({ extraProperties: { cost_centre: { type: 'integer' } }, required: ['cost_centre'] });
    const marked = Object.keys(schema.properties).filter((name) => schema.properties[name]?.is_base === false);
    expect(marked).toEqual(['cost_centre']);
    expect(Object.keys(schema).join(' ')).toBe('name properties additionalProperties required links');
  });

  test('does not let an extra property redefine a base attribute', () => {
    const extraProperties = {
      name: { type: 'integer' },
      protected: { description: 'the same, said otherwise', type: 'boolean' },
      owner: { maxLength: 255, type: ['null', 'string'] },
      fresh: { type: 'string' },
    } as const;
    expect(conflictingExtraProperties({ extraProperties })).toEqual(['name']);
    const schema = imageSchema({ extraProperties });
    expect(schema.properties['name']).toEqual(properties['name']);
    expect(schema.properties['protected']).toEqual(properties['protected']);
  });

  test('takes an extra property with a name objects have from birth', () => {
    const extraProperties = JSON.parse('{"__proto__": {"type": "string"}, "constructor": {"type": "string"}}');
    expect(Object.keys(imageSchema({ extraProperties }).properties).slice(-2)).toEqual(['__proto__', 'constructor']);
  });

  test('accepts an image as the service shows it, alone and in a list', () => {
    const list: ImageList = { images: [image], first: '/v2/images', schema: '/v2/schemas/images' };
    expect(accepts(documents.image, image)).toBe(true);
    expect(accepts(documents.images, list)).toBe(true);
  });

  test.each([
    ['id', 'x'],
    ['name', 'n'.repeat(256)],
    ['name', 1],
    ['visibility', 'secret'],
    ['protected', 'true'],
    ['disk_format', 'floppy'],
    ['min_ram', '4'],
    ['min_ram', true],
    ['min_disk', null],
    ['tags', ['t'.repeat(256)]],
    ['kernel_id', 'x'],
    ['any_custom_property', 5],
    ['any_custom_property', null],
    ['locations', [{ url: 'http://x' }]],
    ['locations', [{ url: 'http://x', metadata: {}, validation_data: { os_hash_algo: 'md5' } }]],
    ['locations', [{ url: 'u'.repeat(256), metadata: {} }]],
  ])('refuses %s = %j', (name, value) => {
    expect(accepts(documents.image, { ...image, [name]: value })).toBe(false);
  });

  test.each([
    ['name', '🐧'.repeat(255)],
    ['name', null],
    ['kernel_id', null],
    ['min_ram', 1.0],
    ['any_custom_property', ''],
    ['id', imageId.toUpperCase()],
  ])('accepts %s = %j', (name, value) => {
    expect(accepts(documents.image, { ...image, [name]: value })).toBe(true);
  });
});

describe('the schemas of members and tasks', () => {
  test('list their properties in order', () => {
    const memberProperties = 'member_id image_id created_at updated_at status schema';
    const taskTail = 'image_id request_id user_id expires_at created_at updated_at self schema';
    const [member, task] = [documents.member, documents.task];
    expect(Object.keys(member.properties).join(' ')).toBe(memberProperties);
    expect(Object.keys(documents.members.properties['members']?.items?.properties ?? {}).join(' ')).toBe(
      memberProperties,
    );
    expect(Object.keys(task.properties).join(' ')).toBe(`id type status input result owner message ${taskTail}`);
    expect(Object.keys(documents.tasks.properties['tasks']?.items?.properties ?? {}).join(' ')).toBe(
      `id type status owner ${taskTail}`,
    );
  });

  test('accept members and tasks as the service shows them', () => {
    const members: MemberList = {
      members: [
        {
          member_id: 'p-88',
          image_id: imageId,
          status: 'pending',
          created_at: image.created_at,
          updated_at: image.updated_at,
          schema: '/v2/schemas/member',
        },
      ],
      schema: '/v2/schemas/members',
    };
    const task: TaskView = {
      id: imageId,
      input: { import_from: 'https://mirror.example/x' },
      type: 'import',
      status: 'pending',
      owner: 'p-77',
      message: '',
      result: null,
      created_at: image.created_at,
      updated_at: image.updated_at,
      self: `/v2/tasks/${imageId}`,
      schema: '/v2/schemas/task',
    };
    expect(accepts(documents.members, members)).toBe(true);
    expect(accepts(documents.task, task)).toBe(true);
  });

  test('ask more of a new task than the published document says', () => {
    const request = { type: 'import', input: {} };
    expect(accepts(taskRequestSchema(), request)).toBe(true);
    expect(accepts(taskRequestSchema(), { type: 'import' })).toBe(false);
    expect(accepts(taskRequestSchema(), { ...request, extra: 1 })).toBe(false);
    expect(accepts(documents.task, { ...request, extra: 1 })).toBe(true);
  });
});

describe('the schemas of metadata definitions', () => {
  const namespace: MetadefNamespaceRequest = {
    namespace: 'OS::Compute::Watchdog',
    display_name: 'Watchdog',
    visibility: 'public',
    protected: true,
    resource_type_associations: [{ name: 'OS::Glance::Image', prefix: 'hw_' }],
    properties: { action: { title: 'Action', type: 'string', enum: ['reset', 'pause'], minLength: 1 } },
    objects: [{ name: 'Timer', required: ['t'], properties: { t: { title: 'T', type: 'integer', minimum: 0 } } }],
    tags: [{ name: 'hardware' }],
  };

  test('accept a namespace with all its parts, alone and in a list', () => {
    expect(accepts(documents['metadefs/namespace'], namespace)).toBe(true);
    expect(accepts(documents['metadefs/namespaces'], { namespaces: [namespace] })).toBe(true);
  });

  test.each([
    ['a missing name', { namespace: undefined }],
    ['a long name', { namespace: 'n'.repeat(81) }],
    ['a null text', { display_name: null }],
    ['an unknown attribute', { colour: 'red' }],
    ['a property without a title', { properties: { action: { type: 'string' } } }],
    ['a negative length', { properties: { action: { title: 'A', type: 'string', maxLength: -1 } } }],
    ['a repeated required name', { objects: [{ name: 'Timer', required: ['t', 't'] }] }],
  ])('refuse a namespace with %s', (_case, change) => {
    expect(accepts(documents['metadefs/namespace'], JSON.parse(JSON.stringify({ ...namespace, ...change })))).toBe(
      false,
    );
  });

  test('name a property where it stands alone and not where its name is its key', () => {
    const definition = { title: 'Action', type: 'string' };
    expect(accepts(documents['metadefs/property'], definition)).toBe(false);
    expect(accepts(documents['metadefs/property'], { ...definition, name: 'action' })).toBe(true);
    expect(accepts(documents['metadefs/properties'], { properties: { action: definition } })).toBe(true);
  });

  test('forbid an empty list of required names only for a property', () => {
    const property = { name: 'p', title: 'P', type: 'object', required: [] };
    expect(accepts(documents['metadefs/property'], property)).toBe(false);
    expect(accepts(documents['metadefs/object'], { name: 'o', required: [] })).toBe(true);
  });

  test('list the attributes of a property in order', () => {
    expect(Object.keys(documents['metadefs/property'].properties).join(' ')).toBe(
      'name title description operators type required minimum maximum maxLength minLength pattern enum readonly ' +
        'default items maxItems minItems uniqueItems additionalItems',
    );
  });
});
