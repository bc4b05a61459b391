/** `[database]`, in the names of oslo.db. Source: contract 11 §5 */
import { describeGroup, ignored, notBuilt } from '../option.ts';

const { boolean, unset } = describeGroup('database');
const server = describeGroup('database', { treatment: notBuilt('database servers other than SQLite') });
const library = describeGroup('database', { treatment: ignored('it tunes a Python library') });

export const databaseOptions = {
  connection: unset.string('connection', {
    help:
      'URL of the database: sqlite:///relative.db counts from the working directory, sqlite:////var/lib/lucarne/images.db ' +
      'is absolute. This release works with SQLite alone.',
    defaultText: 'SQLite in <data_dir>/lucarne.sqlite',
    unit: 'URL',
    secret: true,
    deprecatedNames: [
      { group: 'DEFAULT', name: 'sql_connection' },
      { group: 'sql', name: 'connection' },
      { group: 'database', name: 'sql_connection' },
    ],
  }),
  maxPoolSize: server.integer('max_pool_size', 5, {
    help: 'Connections kept to a database server.',
    minimum: 0,
    deprecatedNames: [{ group: 'DEFAULT', name: 'sql_max_pool_size' }],
  }),
  maxRetries: server.integer('max_retries', 10, {
    help: 'How often the service tries again to open the database when it starts; -1 is for ever.',
    minimum: -1,
    deprecatedNames: [
      { group: 'DEFAULT', name: 'sql_max_retries' },
      { group: 'database', name: 'sql_max_retries' },
    ],
  }),
  retryIntervalSeconds: server.integer('retry_interval', 10, {
    help: 'Pause between these tries.',
    unit: 'seconds',
    minimum: 0,
    deprecatedNames: [
      { group: 'DEFAULT', name: 'sql_retry_interval' },
      { group: 'database', name: 'reconnect_interval' },
    ],
  }),
  sqliteSynchronous: boolean('sqlite_synchronous', true, {
    help: 'Waits until SQLite has put what it acknowledged on disk.',
    treatment: ignored('what was acknowledged is always on disk'),
    deprecatedNames: [{ group: 'DEFAULT', name: 'sqlite_synchronous' }],
  }),
  maxOverflow: server.integer('max_overflow', 50, 'Connections beyond the pool, in a rush.'),
  poolTimeout: server.unset.integer('pool_timeout', {
    help: 'How long to wait for a free connection.',
    unit: 'seconds',
  }),
  connectionRecycleTime: server.integer('connection_recycle_time', 3600, {
    help: 'Age at which a connection is replaced.',
    unit: 'seconds',
  }),
  connectionParameters: server.string('connection_parameters', '', 'Parameters added to the URL, as in "a=1&b=2".'),
  mysqlSqlMode: server.string('mysql_sql_mode', 'TRADITIONAL', 'SQL mode of MySQL and MariaDB.'),
  mysqlEnableNdb: server.boolean('mysql_enable_ndb', false, 'Support for clusters of MySQL.'),
  mysqlWsrepSyncWait: server.unset.integer('mysql_wsrep_sync_wait', 'Causality checks of Galera.'),
  slaveConnection: unset.string('slave_connection', {
    help: 'URL of a replica to read from.',
    unit: 'URL',
    secret: true,
    treatment: ignored('all reads go to the one database'),
  }),
  backend: library.string('backend', 'sqlalchemy', 'Library that talks to the database.'),
  connectionDebug: library.integer('connection_debug', 0, 'How much SQL is logged.'),
  connectionTrace: library.boolean('connection_trace', false, 'Adds Python stacks to SQL as comments.'),
  useDbReconnect: library.boolean('use_db_reconnect', false, 'Connects anew when a connection was lost.'),
  dbRetryInterval: library.integer('db_retry_interval', 1, { help: 'Pause before a retry.', unit: 'seconds' }),
  dbIncRetryInterval: library.boolean('db_inc_retry_interval', true, 'Makes each of these pauses longer.'),
  dbMaxRetryInterval: library.integer('db_max_retry_interval', 10, { help: 'The longest of them.', unit: 'seconds' }),
  dbMaxRetries: library.integer('db_max_retries', 20, 'How often a failed statement is tried again.'),
  synchronousReader: library.boolean('synchronous_reader', true, 'Waits for replicas before reading.'),
};
