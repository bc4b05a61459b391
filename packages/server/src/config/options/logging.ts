/** `[DEFAULT]`: logging, in the names of oslo.log. Source: contract 11 §2 */
import { describeGroup, ignored } from '../option.ts';

const { boolean, unset } = describeGroup('DEFAULT');
const own = describeGroup('DEFAULT', { treatment: ignored('log lines have one form, see [lucarne] log_format') });
const rotation = describeGroup('DEFAULT', {
  treatment: ignored('rotation is left to the system, for example to logrotate with copytruncate'),
});
const sinks = describeGroup('DEFAULT', { treatment: ignored('the log goes to standard error or to a file') });

export const loggingOptions = {
  debug: boolean('debug', false, 'Logs what only helps to find a fault as well.'),
  logFile: unset.string('log_file', {
    help: 'File to append the log to. A relative path counts from log_dir, or else from the working directory.',
    defaultText: 'standard error',
    deprecatedNames: [{ group: 'DEFAULT', name: 'logfile' }],
  }),
  logDirectory: unset.string('log_dir', {
    help: 'Folder of the log file, which is glance-api.log unless log_file names another.',
    deprecatedNames: [{ group: 'DEFAULT', name: 'logdir' }],
  }),
  useJson: boolean('use_json', false, 'Logs JSON even to a terminal. [lucarne] log_format wins over it.'),
  useStderr: sinks.boolean('use_stderr', false, 'Logs to standard error.'),
  useSyslog: sinks.boolean('use_syslog', false, 'Logs to syslog.'),
  useJournal: sinks.boolean('use_journal', false, 'Logs to the journal of systemd.'),
  useEventlog: sinks.boolean('use_eventlog', false, 'Logs to the event log of Windows.'),
  syslogLogFacility: sinks.string('syslog_log_facility', 'LOG_USER', 'Facility of lines in syslog.'),
  watchLogFile: rotation.boolean('watch_log_file', false, 'Opens the log file anew when it was moved away.'),
  logRotationType: rotation.string('log_rotation_type', 'none', 'What makes a new log file begin.'),
  logRotateInterval: rotation.integer('log_rotate_interval', 1, 'After how many units of time a log file is full.'),
  logRotateIntervalType: rotation.string('log_rotate_interval_type', 'days', 'The unit of that time.'),
  maxLogfileCount: rotation.integer('max_logfile_count', 30, 'How many full log files are kept.'),
  maxLogfileSize: rotation.integer('max_logfile_size_mb', 200, {
    help: 'At which size a log file is full.',
    unit: 'MiB',
  }),
  logConfigAppend: own.unset.string('log_config_append', {
    help: 'File that configures the logging of Python.',
    deprecatedNames: [{ group: 'DEFAULT', name: 'log_config' }],
  }),
  defaultLogLevels: own.list('default_log_levels', [], 'Levels of the loggers of Python libraries.'),
  logDateFormat: own.string('log_date_format', '%Y-%m-%d %H:%M:%S', 'Form of the time in a line.'),
  contextFormat: own.unset.string('logging_context_format_string', 'Form of a line about a request.'),
  defaultFormat: own.unset.string('logging_default_format_string', 'Form of any other line.'),
  debugSuffix: own.unset.string('logging_debug_format_suffix', 'What is added to lines of the level debug.'),
  exceptionPrefix: own.unset.string('logging_exception_prefix', 'What stands before each line of an exception.'),
  userIdentityFormat: own.unset.string('logging_user_identity_format', 'Form of the caller in a line.'),
  instanceFormat: own.unset.string('instance_format', 'Form of a named server in a line.'),
  instanceUuidFormat: own.unset.string('instance_uuid_format', 'Form of a server known by its id in a line.'),
  publishErrors: own.boolean('publish_errors', false, 'Sends errors as notifications.'),
  fatalDeprecations: own.boolean('fatal_deprecations', false, 'Fails where Python code uses something outdated.'),
  rateLimitInterval: own.integer('rate_limit_interval', 0, {
    help: 'Span over which lines are counted.',
    unit: 'seconds',
  }),
  rateLimitBurst: own.integer('rate_limit_burst', 0, 'How many lines may be logged in that span.'),
  rateLimitExceptLevel: own.string('rate_limit_except_level', 'CRITICAL', 'Lines of this level are not counted.'),
};
