/** Options of our own, which Glance does not know. */
import { describeGroup } from '../option.ts';

const { string, integer, unset } = describeGroup('lucarne', { source: 'lucarne' });

export const lucarneOptions = {
  dataDirectory: string(
    'data_dir',
    './lucarne-data',
    'Folder for everything the service keeps itself: the database and the images, unless they are configured elsewhere. ' +
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
};
