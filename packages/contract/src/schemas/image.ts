/** The schema of an image: base attributes, formats of the configuration, declared extra properties. Source: contract 07 §1. */
import { defaultContainerFormats, defaultDiskFormats, imageStatuses, imageVisibilities } from '../image-attributes.ts';
import { uuidPattern } from './json-schema.ts';
import type { JsonSchema, SchemaDocument } from './json-schema.ts';

export interface ImageSchemaOptions {
  /** Option `disk_formats`, in its order. */
  readonly diskFormats: readonly string[];
  /** Option `container_formats`, in its order. */
  readonly containerFormats: readonly string[];
  /** Properties declared in `schema-image.json`. */
  readonly extraProperties: Readonly<Record<string, JsonSchema>>;
  /** Extra properties a new image must have. */
  readonly required: readonly string[];
}

/** What `schema-image.json` declares unless the operator brings another. */
export const defaultExtraProperties: Readonly<Record<string, JsonSchema>> = {
  kernel_id: {
    type: ['null', 'string'],
    pattern: uuidPattern,
    description: 'Image that holds the kernel to boot this image of format ami with.',
  },
  ramdisk_id: {
    type: ['null', 'string'],
    pattern: uuidPattern,
    description: 'Image that holds the ramdisk to boot this image of format ami with.',
  },
  instance_uuid: {
    type: 'string',
    description: 'Server this image belongs to. Free text; nothing checks or maintains it.',
  },
  architecture: { type: 'string', description: 'Processor architecture the system was built for, such as x86_64.' },
  os_distro: { type: 'string', description: 'Short lower-case name of the operating system distribution.' },
  os_version: { type: 'string', description: 'Version of the system as its distributor counts it.' },
  description: { type: 'string', description: 'A text for people about what the image is for.' },
  cinder_encryption_key_id: {
    type: 'string',
    description: 'Key in the key manager that decrypts the data of an encrypted volume image.',
  },
  cinder_encryption_key_deletion_policy: {
    type: 'string',
    enum: ['on_image_deletion', 'do_not_delete'],
    description: 'Whether the encryption key goes with the image or stays.',
  },
};

export const defaultImageSchemaOptions: ImageSchemaOptions = {
  diskFormats: defaultDiskFormats,
  containerFormats: defaultContainerFormats,
  extraProperties: defaultExtraProperties,
  required: [],
};

/**
 * `/v2/schemas/image`. An extra property named like a base attribute is left out; `conflictingExtraProperties` says
 * which of them are more than a repetition.
 */
export function imageSchema(options: Partial<ImageSchemaOptions> = {}): SchemaDocument {
  const all = { ...defaultImageSchemaOptions, ...options };
  const base = baseProperties(all);
  const extra = Object.entries(all.extraProperties).filter(([name]) => !Object.hasOwn(base, name));
  return {
    name: 'image',
    properties: Object.fromEntries([
      ...Object.entries(base),
      ...extra.map(([name, schema]) => [name, { ...schema, is_base: false }] as const),
    ]),
    additionalProperties: { type: 'string' },
    ...(all.required.length === 0 ? {} : { required: all.required }),
    links: [
      { rel: 'self', href: '{self}' },
      { rel: 'enclosure', href: '{file}' },
      { rel: 'describedby', href: '{schema}' },
    ],
  };
}

/** Extra properties that declare a base attribute as something else than it is. A service must not start with any. */
export function conflictingExtraProperties(options: Partial<ImageSchemaOptions>): readonly string[] {
  const all = { ...defaultImageSchemaOptions, ...options };
  const base = new Map(Object.entries(baseProperties(all)));
  return Object.entries(all.extraProperties)
    .filter(([name, schema]) => base.has(name) && !sameConstraints(schema, base.get(name)))
    .map(([name]) => name);
}

/** Whether two schemas allow the same; how they describe it and in which order does not matter. */
function sameConstraints(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (key, member: unknown) => {
    if (key === 'description' && typeof member === 'string') return undefined;
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function baseProperties(options: ImageSchemaOptions): Record<string, JsonSchema> {
  return { ...recordProperties, ...dataProperties(options), ...linkProperties };
}

const recordProperties: Readonly<Record<string, JsonSchema>> = {
  id: { type: 'string', pattern: uuidPattern, description: 'Identifies the image. May be chosen when it is created.' },
  name: { type: ['null', 'string'], maxLength: 255, description: 'A name for people; several images may share it.' },
  status: { type: 'string', readOnly: true, enum: imageStatuses, description: 'Where the image is in its life.' },
  visibility: { type: 'string', enum: imageVisibilities, description: 'Who may see and use the image.' },
  protected: { type: 'boolean', description: 'Whether the image is kept from being deleted.' },
  os_hidden: { type: 'boolean', description: 'Whether lists leave the image out unless asked for hidden ones.' },
  checksum: {
    type: ['null', 'string'],
    readOnly: true,
    maxLength: 32,
    description: 'MD5 of the data, hexadecimal. Detects damage, not tampering.',
  },
  os_hash_algo: {
    type: ['null', 'string'],
    readOnly: true,
    maxLength: 64,
    description: 'Algorithm of os_hash_value.',
  },
  os_hash_value: {
    type: ['null', 'string'],
    readOnly: true,
    maxLength: 128,
    description: 'Hash of the data by os_hash_algo, hexadecimal.',
  },
  owner: { type: ['null', 'string'], maxLength: 255, description: 'Project the image belongs to.' },
  size: { type: ['null', 'integer'], readOnly: true, description: 'Size of the data in bytes.' },
  virtual_size: {
    type: ['null', 'integer'],
    readOnly: true,
    description: 'Size in bytes of the disk that the data describes.',
  },
};

function dataProperties({ containerFormats, diskFormats }: ImageSchemaOptions): Record<string, JsonSchema> {
  return {
    container_format: {
      type: ['null', 'string'],
      enum: [null, ...containerFormats],
      description: 'What the disk is wrapped in.',
    },
    disk_format: { type: ['null', 'string'], enum: [null, ...diskFormats], description: 'How the disk is encoded.' },
    created_at: { type: 'string', readOnly: true, description: 'When the image was created.' },
    updated_at: { type: 'string', readOnly: true, description: 'When the image was last changed.' },
    tags: {
      type: 'array',
      items: { type: 'string', maxLength: 255 },
      description: 'Words to find the image by, each at most once, in no order.',
    },
    direct_url: { type: 'string', readOnly: true, description: 'Where the store keeps the data, if that is told.' },
    min_ram: { type: 'integer', description: 'Memory in MiB a server needs at least to boot the image.' },
    min_disk: { type: 'integer', description: 'Disk in GiB a server needs at least to boot the image.' },
  };
}

const validationDataSchema: JsonSchema = {
  type: 'object',
  writeOnly: true,
  additionalProperties: false,
  properties: {
    checksum: { type: 'string', minLength: 32, maxLength: 32 },
    os_hash_algo: { type: 'string', maxLength: 64 },
    os_hash_value: { type: 'string', maxLength: 128 },
  },
  required: ['os_hash_algo', 'os_hash_value'],
  description: 'What the data at the location is expected to hash to.',
};

const linkProperties: Readonly<Record<string, JsonSchema>> = {
  self: { type: 'string', readOnly: true, description: 'Path of the image.' },
  file: { type: 'string', readOnly: true, description: 'Path of the data of the image.' },
  stores: { type: 'string', readOnly: true, description: 'Stores that have the data, comma separated.' },
  schema: { type: 'string', readOnly: true, description: 'Path of this schema.' },
  locations: {
    type: 'array',
    items: {
      type: 'object',
      properties: {
        url: { type: 'string', maxLength: 255 },
        metadata: { type: 'object' },
        validation_data: validationDataSchema,
      },
      required: ['url', 'metadata'],
    },
    description: 'Where the stores keep the data, if that is told.',
  },
};
