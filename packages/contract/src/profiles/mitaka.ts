/**
 * A deployment of about Mitaka: null is a type, `readOnly` a keyword, images can be deactivated, and there is neither
 * `shared` nor `community`. Source: contract 07 §6.1, S2.
 */
import { uuidPattern } from '../schemas/json-schema.ts';
import type { JsonSchema, SchemaDocument, SchemaLink } from '../schemas/json-schema.ts';
import { schemaDocuments } from '../schemas/schema-documents.ts';
import type { ApiProfile, SchemaSite } from './api-profile.ts';
import { mitakaWords } from './image-words.ts';
import { spacedJson, writtenDocuments } from './schema-texts.ts';
import { fittedToSite } from './site-schema.ts';

export const mitakaProfile: ApiProfile = {
  // Deactivation and nulls came with 2.3, and what 2.4 brought cannot be seen in a schema; the release line lists 2.3.
  newestVersion: '2.3',
  words: mitakaWords,
  imageSchema: mitakaImageSchema,
  schemaTexts(site) {
    const image = mitakaImageSchema(site);
    return writtenDocuments({ ...schemaDocuments(), image, images: imagesDocument(image) }, spacedJson);
  },
};

function mitakaImageSchema(site: SchemaSite): SchemaDocument {
  return {
    additionalProperties: { type: 'string' },
    links: [link('{self}', 'self'), link('{file}', 'enclosure'), link('{schema}', 'describedby')],
    name: 'image',
    properties: fittedToSite(imageProperties, site),
    ...(site.required.length === 0 ? {} : { required: site.required }),
  };
}

function imagesDocument(image: SchemaDocument): SchemaDocument {
  return {
    links: [link('{first}', 'first'), link('{next}', 'next'), link('{schema}', 'describedby')],
    name: 'images',
    properties: {
      first: { type: 'string' },
      images: { items: image, type: 'array' },
      next: { type: 'string' },
      schema: { type: 'string' },
    },
  };
}

function link(href: string, rel: string): SchemaLink {
  return { href, rel };
}

const imageProperties: Readonly<Record<string, JsonSchema>> = {
  architecture: {
    description:
      'Operating system architecture as specified in http://docs.openstack.org/trunk/openstack-compute/admin/content/adding-images.html',
    is_base: false,
    type: 'string',
  },
  checksum: { description: 'md5 hash of image contents.', maxLength: 32, readOnly: true, type: ['null', 'string'] },
  container_format: {
    description: 'Format of the container',
    enum: [null, 'ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker'],
    type: ['null', 'string'],
  },
  created_at: { description: 'Date and time of image registration', readOnly: true, type: 'string' },
  direct_url: { description: 'URL to access the image file kept in external store', readOnly: true, type: 'string' },
  disk_format: {
    description: 'Format of the disk',
    enum: [null, 'ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop'],
    type: ['null', 'string'],
  },
  file: { description: 'An image file url', readOnly: true, type: 'string' },
  id: { description: 'An identifier for the image', pattern: uuidPattern, type: 'string' },
  instance_uuid: {
    description:
      'Metadata which can be used to record which instance this image is associated with. (Informational only, does not create an instance snapshot.)',
    is_base: false,
    type: 'string',
  },
  kernel_id: {
    description: 'ID of image stored in Glance that should be used as the kernel when booting an AMI-style image.',
    is_base: false,
    pattern: uuidPattern,
    type: ['null', 'string'],
  },
  locations: {
    description: 'A set of URLs to access the image file kept in external store',
    items: {
      properties: { metadata: { type: 'object' }, url: { maxLength: 255, type: 'string' } },
      required: ['url', 'metadata'],
      type: 'object',
    },
    type: 'array',
  },
  min_disk: { description: 'Amount of disk space (in GB) required to boot image.', type: 'integer' },
  min_ram: { description: 'Amount of ram (in MB) required to boot image.', type: 'integer' },
  name: { description: 'Descriptive name for the image', maxLength: 255, type: ['null', 'string'] },
  os_distro: {
    description:
      'Common name of operating system distribution as specified in http://docs.openstack.org/trunk/openstack-compute/admin/content/adding-images.html',
    is_base: false,
    type: 'string',
  },
  os_version: {
    description: 'Operating system version as specified by the distributor',
    is_base: false,
    type: 'string',
  },
  owner: { description: 'Owner of the image', maxLength: 255, type: ['null', 'string'] },
  protected: { description: 'If true, image will not be deletable.', type: 'boolean' },
  ramdisk_id: {
    description: 'ID of image stored in Glance that should be used as the ramdisk when booting an AMI-style image.',
    is_base: false,
    pattern: uuidPattern,
    type: ['null', 'string'],
  },
  schema: { description: 'An image schema url', readOnly: true, type: 'string' },
  self: { description: 'An image self url', readOnly: true, type: 'string' },
  size: { description: 'Size of image file in bytes', readOnly: true, type: ['null', 'integer'] },
  status: {
    description: 'Status of the image',
    enum: ['queued', 'saving', 'active', 'killed', 'deleted', 'pending_delete', 'deactivated'],
    readOnly: true,
    type: 'string',
  },
  tags: {
    description: 'List of strings related to the image',
    items: { maxLength: 255, type: 'string' },
    type: 'array',
  },
  updated_at: { description: 'Date and time of the last image modification', readOnly: true, type: 'string' },
  virtual_size: { description: 'Virtual size of image in bytes', readOnly: true, type: ['null', 'integer'] },
  visibility: { description: 'Scope of image accessibility', enum: ['public', 'private'], type: 'string' },
};
