/** Import, its plugins, and tasks; none is built yet. Source: contract 11 §4 */
import { describeGroup, ignored, notBuilt } from '../option.ts';

const treatment = notBuilt('image import');
const task = describeGroup('task', { treatment: notBuilt('tasks') });
const taskflow = describeGroup('taskflow_executor', { treatment: notBuilt('tasks') });
const wsgi = describeGroup('wsgi', { treatment: notBuilt('tasks') });
const plugins = describeGroup('image_import_opts', { treatment });
const filter = describeGroup('import_filtering_opts', { treatment });
const download = describeGroup('glance_download_properties', { treatment });
const inject = describeGroup('inject_metadata_properties', { treatment });
const conversion = describeGroup('image_conversion', { treatment: notBuilt('image conversion') });
const formats = ['qcow2', 'raw', 'vmdk'];

export const importOptions = [
  plugins.boundedList('image_import_plugins', [], 'What is done to imported data, in this order.'),
  plugins.integer('max_parallel_stores', 1, 'Stores that are written at the same time.'),
  filter.boundedList('allowed_schemes', ['http', 'https'], 'Schemes that may be downloaded from.'),
  filter.boundedList('disallowed_schemes', [], 'Schemes that may not, when none is allowed by name.'),
  filter.boundedList('allowed_hosts', [], 'Hosts that may be downloaded from.'),
  filter.boundedList('disallowed_hosts', [], 'Hosts that may not, when none is allowed by name.'),
  filter.boundedList('allowed_ports', ['80', '443'], 'Ports that may be downloaded from.'),
  filter.boundedList('disallowed_ports', [], 'Ports that may not, when none is allowed by name.'),
  download.boundedList(
    'extra_properties',
    ['hw_', 'trait:', 'os_distro', 'os_secure_boot', 'os_type'],
    'Prefixes of the properties that glance-download takes over.',
  ),
  inject.list('ignore_user_roles', ['admin'], 'Users with such a role are left alone.'),
  inject.dict('inject', new Map(), 'Properties that imported images get.'),
  conversion.string('output_format', 'raw', { help: 'Format that imported data is turned into.', choices: formats }),
];

export const taskOptions = [
  task.integer('task_time_to_live', 48, {
    help: 'How long a finished task is shown.',
    unit: 'hours',
    deprecatedNames: [{ group: 'DEFAULT', name: 'task_time_to_live' }],
  }),
  task.string('task_executor', 'taskflow', 'What runs tasks.'),
  task.unset.string('work_dir', 'Folder in which tasks work.'),
  task.unset.integer('eventlet_executor_pool_size', {
    help: 'Threads of a former executor.',
    treatment: ignored('nothing uses it any more'),
  }),
  taskflow.string('engine_mode', 'parallel', { help: 'How the steps of a task run.', choices: ['serial', 'parallel'] }),
  taskflow.integer('max_workers', 10, 'How many steps run at the same time.'),
  taskflow.unset.string('conversion_format', { help: 'Format that tasks turn data into.', choices: formats }),
  wsgi.integer('task_pool_threads', 16, 'How many tasks run at the same time.'),
  wsgi.unset.string('python_interpreter', {
    help: 'Python to start helpers with.',
    treatment: ignored('there is no Python to start'),
  }),
];
