/** `[DEFAULT]`: what the API shows, takes and limits. Source: contract 11 §2; 10; 13 B */
import { describeGroup, ignored } from '../option.ts';

const { string, integer, boolean, boundedList, dict, unset } = describeGroup('DEFAULT');
const negativeIsUnlimited = 'A negative number is no limit.';
const scrubberTool = 'it is for a scrubber beside the service, which removes data itself';

export const importMethods = ['glance-direct', 'web-download', 'copy-image', 'glance-download'] as const;

export const apiOptions = {
  publicEndpoint: unset.string('public_endpoint', {
    help: 'Base URL that version documents show, when clients reach the service by another address than it sees.',
    defaultText: 'the address of the request',
    unit: 'URL',
  }),
  showImageDirectUrl: boolean('show_image_direct_url', false, 'Adds direct_url, the place of the data, to images.'),
  hashingAlgorithm: string('hashing_algorithm', 'sha512', {
    help: 'Digest kept of new image data as os_hash_value, beside the MD5 checksum.',
    choices: [
      'md5',
      'sha1',
      'sha224',
      'sha256',
      'sha384',
      'sha512',
      'sha3_224',
      'sha3_256',
      'sha3_384',
      'sha3_512',
      'blake2b',
      'blake2s',
    ],
  }),
  imageSizeCapBytes: integer('image_size_cap', 1_099_511_627_776, {
    help: 'Largest image that is taken; more is answered 413. Sizes that clients declare are held to it as well.',
    unit: 'bytes',
    minimum: 1,
    maximum: 2n ** 63n,
  }),
  imageMemberQuota: integer('image_member_quota', 128, {
    help: `Members an image may have; more is answered 413. ${negativeIsUnlimited}`,
  }),
  imagePropertyQuota: integer('image_property_quota', 128, {
    help: `Custom properties an image may have; more is answered 413. ${negativeIsUnlimited}`,
  }),
  imageTagQuota: integer('image_tag_quota', 128, {
    help: `Tags an image may have; more is answered 413. ${negativeIsUnlimited}`,
  }),
  imageLocationQuota: integer('image_location_quota', 10, {
    help: `Locations an image may have; more is answered 413. ${negativeIsUnlimited}`,
  }),
  userStorageQuota: string('user_storage_quota', '0', {
    help:
      'Bytes that the images of one project may hold together; more is answered 413. Digits, and B, KB, MB, GB or TB ' +
      'behind them (1 KB is 1024 bytes). 0 is no limit.',
    unit: 'bytes',
  }),
  limitDefault: integer('limit_param_default', 25, {
    help: 'Entries on a page of a list when the client does not ask for a number.',
    minimum: 1,
  }),
  limitMax: integer('api_limit_max', 1000, {
    help: 'Entries on a page of a list at most, whatever the client asks for.',
    minimum: 1,
  }),
  allowAnonymousAccess: boolean(
    'allow_anonymous_access',
    false,
    'Lets requests without a token read, as a caller without roles and project.',
  ),
  maxRequestIdLength: integer('max_request_id_length', 64, {
    help: 'Longest request id that is taken from a client; 0 is no limit.',
    unit: 'characters',
    minimum: 0,
  }),
  enabledImportMethods: boundedList('enabled_import_methods', ['glance-direct', 'web-download', 'copy-image'], {
    help: 'How clients may import data; discovery announces the methods in this order. An empty list switches import off.',
    choices: importMethods,
  }),
  enabledBackends: dict('enabled_backends', new Map(), {
    help:
      'Stores by id and kind, as in "fast:file, slow:file, mirror:http". Each store is configured in the section of its ' +
      'id, and [glance_store] default_backend says which one takes new data. Ids that begin with os_glance_ are ' +
      'reserved. Without it there are the stores of [glance_store].',
  }),
  nodeStagingUri: unset.string('node_staging_uri', {
    help:
      'Without enabled_backends, the folder of staged data as a file URL, as in file:///srv/staging; it is made when it ' +
      'is missing.',
    defaultText: 'file://<data_dir>/staging; file:///tmp/staging/ when [database] connection is set',
    unit: 'URL',
  }),
  workerSelfReferenceUrl: unset.string('worker_self_reference_url', {
    help:
      'URL at which other nodes reach this one, to pass on requests for what it keeps. The books of the cache name nodes ' +
      'by it.',
    defaultText: 'public_endpoint',
    unit: 'URL',
  }),
  showMultipleLocations: boolean(
    'show_multiple_locations',
    false,
    'Adds locations to images and lets clients change them with PATCH.',
  ),
  doSecureHash: boolean(
    'do_secure_hash',
    true,
    'Reads the data that a client registers by their location, and computes or checks their digests.',
  ),
  httpRetries: integer('http_retries', 3, {
    help: 'How often that reading is tried again.',
    minimum: 0,
  }),
  metadataEncryptionKey: unset.string('metadata_encryption_key', {
    help:
      'Key that encrypts the URLs of locations in the database; 16, 24 or 32 bytes. With a database that has URLs ' +
      'already, it must be the key they were written with.',
    defaultText: 'none: URLs are readable',
    secret: true,
  }),
  delayedDelete: boolean(
    'delayed_delete',
    false,
    'Keeps the data of deleted images for scrub_time; until then the image can be restored.',
  ),
  scrubTime: integer('scrub_time', 0, {
    help: 'How long the data of deleted images is kept, with delayed_delete.',
    unit: 'seconds',
    minimum: 0,
  }),
  scrubPoolSize: integer('scrub_pool_size', 1, {
    help: 'How many images have their data removed at the same time, with delayed_delete.',
    minimum: 1,
  }),
  wakeupTime: integer('wakeup_time', 300, {
    help: 'Pause between two looks for data to remove, with delayed_delete; at least 1 second passes.',
    unit: 'seconds',
    minimum: 0,
  }),
  metadataSourcePath: string(
    'metadata_source_path',
    '/etc/glance/metadefs/',
    'Folder from which metadata definitions are loaded when the command names none.',
  ),
  propertyProtectionFile: unset.string('property_protection_file', {
    help:
      'File with rules on who may see and change which custom property. A relative path is looked for beside the ' +
      'configuration files.',
    defaultText: 'none: no property is protected',
  }),
  useKeystoneLimits: boolean('use_keystone_limits', false, {
    help: 'Takes the limits of projects from Keystone, as [oslo_limit] says; user_storage_quota has no effect then.',
  }),
  propertyProtectionRuleFormat: string('property_protection_rule_format', 'roles', {
    help: 'Whether the rules of property protections name roles or policies.',
    choices: ['roles', 'policies'],
  }),
  daemon: boolean('daemon', false, {
    help: 'Lets the scrubber run for ever.',
    treatment: ignored(scrubberTool),
  }),
  restore: unset.string('restore', {
    help: 'Image that the scrubber takes back instead of removing it.',
    treatment: ignored(scrubberTool),
  }),
  digestAlgorithm: string('digest_algorithm', 'sha256', {
    help: 'Digest of a signing method that is gone.',
    treatment: ignored('nothing uses it any more'),
  }),
  pydevWorkerDebugHost: string('pydev_worker_debug_host', 'localhost', {
    help: 'Host of a Python debugger.',
    treatment: ignored('there is no Python to debug'),
  }),
  pydevWorkerDebugPort: integer('pydev_worker_debug_port', 5678, {
    help: 'Port of a Python debugger.',
    treatment: ignored('there is no Python to debug'),
  }),
};
