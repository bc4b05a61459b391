/** Options of Python libraries around Glance, without a meaning here. Source: contract 11 §5 */
import { describeGroup, ignored } from '../option.ts';

const concurrency = describeGroup('oslo_concurrency', { treatment: ignored('locks are kept in the database') });
const profiler = describeGroup('profiler', { treatment: ignored('osprofiler is a tool for Python') });

export const libraryOptions = [
  concurrency.unset.string('lock_path', {
    help: 'Folder of lock files.',
    deprecatedNames: [{ group: 'DEFAULT', name: 'lock_path' }],
  }),
  concurrency.boolean('disable_process_locking', false, {
    help: 'Locks within one process alone.',
    deprecatedNames: [{ group: 'DEFAULT', name: 'disable_process_locking' }],
  }),
  profiler.boolean('enabled', false, {
    help: 'Traces requests.',
    deprecatedNames: [{ group: 'profiler', name: 'profiler_enabled' }],
  }),
  profiler.boolean('trace_sqlalchemy', false, 'Traces SQL as well.'),
  profiler.string('hmac_keys', 'SECRET_KEY', { help: 'Keys that sign what is traced.', secret: true }),
  profiler.string('connection_string', 'messaging://', { help: 'Where traces are kept.', secret: true }),
];
