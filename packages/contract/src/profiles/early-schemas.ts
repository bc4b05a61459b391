/**
 * The image schema of deployments from before Kilo, as ConoHa published it in January 2015, in its words and order.
 * Source: contract 07 §6.1, S0.
 */
import { uuidPattern } from '../schemas/json-schema.ts';
import type { JsonSchema, SchemaDocument, SchemaDocumentId, SchemaLink } from '../schemas/json-schema.ts';
import { schemaDocuments } from '../schemas/schema-documents.ts';
import type { SchemaSite } from './api-profile.ts';
import { inEarlyManner } from './read-only-marks.ts';
import { fittedToSite } from './site-schema.ts';

export function earlyImageSchema(site: SchemaSite): SchemaDocument {
  const own = site.ownProperties === null ? null : earlyProperties(site.ownProperties);
  return {
    additionalProperties: { type: 'string' },
    name: 'image',
    ...(site.required.length === 0 ? {} : { required: site.required }),
    links: [link('{self}', 'self'), link('{file}', 'enclosure'), link('{schema}', 'describedby')],
    properties: fittedToSite(imageProperties, { ...site, ownProperties: own }),
  };
}

/** All documents; those that S0 does not show are today's in the manner of the time. */
export function earlySchemaDocuments(site: SchemaSite): Readonly<Record<SchemaDocumentId, SchemaDocument>> {
  const today = Object.entries(schemaDocuments()).map(([id, document]) => [id, inEarlyManner(document)] as const);
  const image = earlyImageSchema(site);
  // The keys are those of today's documents.
  const documents = Object.fromEntries(today) as Record<SchemaDocumentId, SchemaDocument>;
  return { ...documents, image, images: imagesDocument(image) };
}

function imagesDocument(image: SchemaDocument): SchemaDocument {
  return {
    name: 'images',
    links: [link('{first}', 'first'), link('{next}', 'next'), link('{schema}', 'describedby')],
    properties: {
      images: { items: image, type: 'array' },
      schema: { type: 'string' },
      next: { type: 'string' },
      first: { type: 'string' },
    },
  };
}

function earlyProperties(properties: Readonly<Record<string, JsonSchema>>): Readonly<Record<string, JsonSchema>> {
  return inEarlyManner({ name: 'own', properties }).properties;
}

function link(href: string, rel: string): SchemaLink {
  return { href, rel };
}

const imageProperties: Readonly<Record<string, JsonSchema>> = {
  status: {
    enum: ['queued', 'saving', 'active', 'killed', 'deleted', 'pending_delete'],
    type: 'string',
    description: 'Status of the image (READ-ONLY)',
  },
  tags: {
    items: { type: 'string', maxLength: 255 },
    type: 'array',
    description: 'List of strings related to the image',
  },
  kernel_id: {
    pattern: uuidPattern,
    type: 'string',
    description: 'ID of image stored in Glance that should be used as the kernel when booting an AMI-style image.',
    is_base: false,
  },
  container_format: {
    enum: ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova'],
    type: 'string',
    description: 'Format of the container',
  },
  min_ram: { type: 'integer', description: 'Amount of ram (in MB) required to boot image.' },
  ramdisk_id: {
    pattern: uuidPattern,
    type: 'string',
    description: 'ID of image stored in Glance that should be used as the ramdisk when booting an AMI-style image.',
    is_base: false,
  },
  locations: {
    items: {
      required: ['url', 'metadata'],
      type: 'object',
      properties: { url: { type: 'string', maxLength: 255 }, metadata: { type: 'object' } },
    },
    type: 'array',
    description: 'A set of URLs to access the image file kept in external store',
  },
  visibility: { enum: ['public', 'private'], type: 'string', description: 'Scope of image accessibility' },
  updated_at: { type: 'string', description: 'Date and time of the last image modification (READ-ONLY)' },
  owner: { type: 'string', description: 'Owner of the image', maxLength: 255 },
  file: { type: 'string', description: '(READ-ONLY)' },
  min_disk: { type: 'integer', description: 'Amount of disk space (in GB) required to boot image.' },
  virtual_size: { type: 'integer', description: 'Virtual size of image in bytes (READ-ONLY)' },
  id: { pattern: uuidPattern, type: 'string', description: 'An identifier for the image' },
  size: { type: 'integer', description: 'Size of image file in bytes (READ-ONLY)' },
  instance_uuid: { type: 'string', description: 'ID of instance used to create this image.', is_base: false },
  os_distro: {
    type: 'string',
    description:
      'Common name of operating system distribution as specified in http://docs.openstack.org/trunk/openstack-compute/admin/content/adding-images.html',
    is_base: false,
  },
  name: { type: 'string', description: 'Descriptive name for the image', maxLength: 255 },
  checksum: { type: 'string', description: 'md5 hash of image contents. (READ-ONLY)', maxLength: 32 },
  created_at: { type: 'string', description: 'Date and time of image registration (READ-ONLY)' },
  disk_format: {
    enum: ['ami', 'ari', 'aki', 'vhd', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso'],
    type: 'string',
    description: 'Format of the disk',
  },
  os_version: {
    type: 'string',
    description: 'Operating system version as specified by the distributor',
    is_base: false,
  },
  protected: { type: 'boolean', description: 'If true, image will not be deletable.' },
  architecture: {
    type: 'string',
    description:
      'Operating system architecture as specified in http://docs.openstack.org/trunk/openstack-compute/admin/content/adding-images.html',
    is_base: false,
  },
  direct_url: { type: 'string', description: 'URL to access the image file kept in external store (READ-ONLY)' },
  self: { type: 'string', description: '(READ-ONLY)' },
  schema: { type: 'string', description: '(READ-ONLY)' },
};
