/** Import, its plugins, and tasks. Source: contract 04 §1, §3, §7, §8; 11 §4 */
import { describeGroup, ignored } from '../option.ts';

const task = describeGroup('task');
const taskflow = describeGroup('taskflow_executor');
const wsgi = describeGroup('wsgi');
const plugins = describeGroup('image_import_opts');
const filter = describeGroup('import_filtering_opts');
const download = describeGroup('glance_download_properties');
const inject = describeGroup('inject_metadata_properties');
const conversion = describeGroup('image_conversion');
const formats = ['qcow2', 'raw', 'vmdk'];
const steps = ignored('the steps of a task run as their work allows');

export const importPlugins = ['no_op', 'inject_image_metadata', 'image_conversion', 'image_decompression'] as const;

export const importOptions = {
  plugins: plugins.boundedList('image_import_plugins', [], {
    help:
      'What is done to imported data before they are stored, in this order: image_decompression unpacks packed ' +
      'data, image_conversion turns data into [image_conversion] output_format, inject_image_metadata sets the ' +
      'properties of [inject_metadata_properties].',
    choices: importPlugins,
  }),
  maxParallelStores: plugins.integer('max_parallel_stores', 1, {
    help: 'Stores of one import that are written at the same time.',
    minimum: 1,
  }),
  allowedSchemes: filter.boundedList(
    'allowed_schemes',
    ['http', 'https'],
    'Schemes that may be downloaded from. When it is not empty, disallowed_schemes does not count.',
  ),
  disallowedSchemes: filter.boundedList('disallowed_schemes', [], 'Schemes that may not be downloaded from.'),
  allowedHosts: filter.boundedList(
    'allowed_hosts',
    [],
    'Hosts that may be downloaded from, as URLs name them. When it is not empty, disallowed_hosts does not count.',
  ),
  disallowedHosts: filter.boundedList('disallowed_hosts', [], 'Hosts that may not be downloaded from.'),
  allowedPorts: filter.boundedList(
    'allowed_ports',
    ['80', '443'],
    'Ports that may be downloaded from, 1 to 65535. When it is not empty, disallowed_ports does not count.',
  ),
  disallowedPorts: filter.boundedList('disallowed_ports', [], 'Ports that may not be downloaded from, 1 to 65535.'),
  downloadedProperties: download.boundedList(
    'extra_properties',
    ['hw_', 'trait:', 'os_distro', 'os_secure_boot', 'os_type'],
    'What the names of properties begin with that glance-download takes over.',
  ),
  ignoreUserRoles: inject.list('ignore_user_roles', ['admin'], 'The images of users with such a role are left alone.'),
  injectedProperties: inject.dict('inject', new Map(), 'Properties that imported images get, as in "a:1, b:2".'),
  outputFormat: conversion.string('output_format', 'raw', {
    help: 'Format that the plugin image_conversion turns data into.',
    choices: formats,
  }),
  misnamedProperties: describeGroup('glance_download_opts').unset.string('extra_properties', {
    help: 'Stands in the sample file of Glance, which does not read it either.',
    treatment: ignored('the option is [glance_download_properties] extra_properties'),
  }),
};

export const taskOptions = {
  timeToLiveHours: task.integer('task_time_to_live', 48, {
    help: 'How long a finished task is shown.',
    unit: 'hours',
    minimum: 0,
    deprecatedNames: [{ group: 'DEFAULT', name: 'task_time_to_live' }],
  }),
  workDirectory: task.unset.string('work_dir', {
    help: 'Without [DEFAULT] enabled_backends, the folder in which tasks work; it is made when it is missing.',
    defaultText: '<data_dir>/tasks; /var/lib/glance/os_glance_tasks_store when [database] connection is set',
  }),
  conversionFormat: taskflow.unset.string('conversion_format', {
    help: 'Format that tasks of the older kind "import" turn data into; none leaves them as they are.',
    choices: formats,
  }),
  poolThreads: wsgi.integer('task_pool_threads', 16, {
    help: 'Tasks that run at the same time; more wait.',
    minimum: 1,
  }),
  executor: task.string('task_executor', 'taskflow', {
    help: 'What runs tasks.',
    treatment: ignored('the service runs them itself'),
  }),
  formerPoolSize: task.unset.integer('eventlet_executor_pool_size', {
    help: 'Threads of a former executor.',
    treatment: ignored('nothing uses it any more'),
  }),
  engineMode: taskflow.string('engine_mode', 'parallel', {
    help: 'How the steps of a task run.',
    choices: ['serial', 'parallel'],
    treatment: steps,
  }),
  maxWorkers: taskflow.integer('max_workers', 10, {
    help: 'How many steps run at the same time.',
    treatment: steps,
  }),
  pythonInterpreter: wsgi.unset.string('python_interpreter', {
    help: 'Python to start helpers with.',
    treatment: ignored('there is no Python to start'),
  }),
};
