/** Options of our own, which Glance does not know. */
import { describeGroup } from '../option.ts';

const { string, integer, list, unset } = describeGroup('lucarne', { source: 'lucarne' });

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
