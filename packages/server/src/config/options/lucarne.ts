/** Options of our own, which Glance does not know. */
import { describeGroup } from '../option.ts';

const { string, integer, boolean, list, unset } = describeGroup('lucarne', { source: 'lucarne' });

export const apiProfiles = ['current', 'mitaka', 'huawei', 'conoha', 'ustack'] as const;

export const lucarneOptions = {
  dataDirectory: string(
    'data_dir',
    './lucarne-data',
    'Folder for everything the service keeps itself: the database, images and data under way, unless they are configured ' +
      'elsewhere. ' +
      'A relative path counts from the working directory. The flag --data-dir and the variable LUCARNE_DATA_DIR win ' +
      'over it.',
  ),
  uploadIdleTimeoutSeconds: integer('upload_idle_timeout_seconds', 60, {
    help: 'An upload that sends nothing for so long is ended and its image goes back to queued.',
    unit: 'seconds',
    minimum: 1,
    maximum: 86_400,
  }),
  uploadLeaseSeconds: integer('upload_lease_seconds', 30, {
    help: 'An upload whose process does not give a sign of life for so long counts as dead and is cleaned up.',
    unit: 'seconds',
    minimum: 5,
    maximum: 3600,
  }),
  logFormat: unset.string('log_format', {
    help: 'How log lines are written: JSON for machines, or coloured text for people.',
    choices: ['json', 'pretty'],
    defaultText: 'pretty on a terminal, else json',
  }),
  apiProfile: string('api_profile', 'current', {
    help:
      'Which deployment the API looks like, for clients that were written for it: the Image API of today, the API of ' +
      'OpenStack Mitaka, or that of a public cloud.',
    choices: apiProfiles,
  }),
  explainDenials: boolean(
    'explain_denials',
    false,
    'Tells administrators whom the policy refuses which part of which rule decided, and why. Other callers learn nothing more.',
  ),
  notificationOutboxMaxEvents: integer('notification_outbox_max_events', 100_000, {
    help:
      'So many notifications, and 10 KiB for each of so many, wait for each message bus or web service that does not ' +
      'answer; then the oldest are given up, and the log says how many.',
    minimum: 1000,
    maximum: 10_000_000,
  }),
  webhookUrls: list('webhook_urls', [], {
    help: 'Web services that are told of events, as signed CloudEvents. Redirects are not followed.',
    unit: 'URL',
    // Some services have a secret in the address.
    secret: true,
  }),
  webhookSecret: unset.string('webhook_secret', {
    help: 'What requests to these web services are signed with: text, or whsec_ and Base64. Needed with webhook_urls.',
    secret: true,
  }),
  webhookEvents: list(
    'webhook_events',
    ['*'],
    'Events the web services are told of, as shell patterns such as image.*.',
  ),
  webhookTimeoutSeconds: integer('webhook_timeout_seconds', 5, {
    help: 'A web service that has not answered after so long is tried again later.',
    unit: 'seconds',
    minimum: 1,
    maximum: 10,
  }),
  audit: boolean(
    'audit',
    false,
    'Leaves a record of who did what to which image, from where and with which result, in the form of CADF.',
  ),
  auditFile: unset.string('audit_file', {
    help: 'File that these records are written to, one a line, as JSON.',
    defaultText: 'the log',
  }),
  auditIgnoredMethods: list('audit_ignored_methods', [], {
    help: 'Methods, such as GET, whose calls leave a record only when they are refused or fail.',
    choices: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  }),
  allowedAddressRanges: list(
    'allowed_address_ranges',
    [],
    'Addresses and ranges such as 10.0.0.0/8, 192.168.1.7 and fd00::/8 that imports and http locations may connect to ' +
      'although they are not public. Without it a client cannot have the service fetch from the networks it stands in.',
  ),
  importCaFile: unset.string(
    'import_ca_file',
    'File with certificates of authorities that imports trust beside those of the system.',
  ),
  importProxy: unset.string('import_proxy', {
    help: 'HTTP proxy through which imports download, as in http://proxy.example.org:3128.',
    defaultText: 'none: imports connect directly',
    unit: 'URL',
    // A proxy is often written with a password, which is refused and must not be shown then.
    secret: true,
  }),
  importIdleTimeoutSeconds: integer('import_idle_timeout_seconds', 60, {
    help: 'A server from which an import gets nothing for so long is given up, and the import fails.',
    unit: 'seconds',
    minimum: 1,
    maximum: 86_400,
  }),
  maxUnpackRatio: integer('max_unpack_ratio', 250, {
    help:
      'Imported data may unpack to so many times their size, and never to more than image_size_cap; more fails the import. ' +
      'Disks seldom pack better than 100 to 1, and zeroes alone reach about 1000 to 1, so the limit keeps small files from ' +
      'filling the disk.',
    minimum: 1,
    maximum: 1_000_000,
  }),
};
