/** Who is asking: the pipeline flavor and what Keystone's middleware reads. Source: contract 10 §1, §2; 11 §5 */
import { describeGroup, ignored, rejected } from '../option.ts';
import { describeKeystoneLogin } from './keystone-login.ts';

const pipeline = describeGroup('paste_deploy');
const token = describeGroup('keystone_authtoken');
const secret = true;
const noSasl = ignored('nothing signs in to memcached');

export const identityOptions = {
  flavor: pipeline.unset.string('flavor', {
    help:
      'Where the identity of callers comes from. "keystone": tokens that Keystone validates. "pocket": the Keystone ' +
      'built into the service, for laptops and tests. ' +
      '"trusted-auth": identity headers that a proxy in front sets; nobody else may reach the port. "none" or empty: ' +
      'every caller is an administrator without roles, which the default policies refuse nearly everything. Behind it ' +
      'may stand "+caching", which serves downloads from the cache, and "+cachemanagement", which does so and adds the ' +
      'older routes for its management; alone these two stand for none+….',
    defaultText: 'pocket',
  }),
  pasteFile: pipeline.unset.string('config_file', {
    help: 'File that describes the pipeline.',
    treatment: ignored('the pipeline is fixed, and the flavor alone selects from it'),
  }),
};

/** How the service signs in to have tokens validated. */
export const keystoneTokenLogin = describeKeystoneLogin('keystone_authtoken');

const onePool = ignored('one connection to each server carries everything');

export const keystoneTokenOptions = {
  authenticateUri: token.unset.string('www_authenticate_uri', {
    help: 'Address of Keystone for clients, which every 401 names.',
    unit: 'URL',
    defaultText: 'that of auth_url',
    deprecatedNames: [{ group: 'keystone_authtoken', name: 'auth_uri' }],
  }),
  authVersion: token.unset.string('auth_version', {
    help: 'Version of the identity API.',
    treatment: ignored('there is version 3 alone'),
  }),
  interface: token.string('interface', 'internal', {
    help: 'Which of the addresses of Keystone in the catalog is used.',
    choices: ['internal', 'public', 'admin', 'internalURL', 'publicURL', 'adminURL'],
  }),
  regionName: token.unset.string('region_name', 'Region of that address.'),
  delayAuthDecision: token.boolean('delay_auth_decision', true, {
    help:
      'Leaves it to the service to refuse a request without a valid token, as the pipeline file that comes with Glance ' +
      'says. Without it such a request is refused in the JSON form of Keystone, allow_anonymous_access counts for ' +
      'nothing, and a request with an invalid service token is refused too.',
  }),
  connectTimeoutSeconds: token.unset.integer('http_connect_timeout', {
    help: 'How long a connection to Keystone may take.',
    unit: 'seconds',
    minimum: 1,
    defaultText: '5',
  }),
  connectRetries: token.integer('http_request_max_retries', 3, {
    help: 'How often a connection to Keystone that fails is tried again.',
    minimum: 0,
    maximum: 100,
  }),
  timeoutSeconds: token.unset.integer('timeout', {
    help: 'How long a call to Keystone may take, its answer included. Then the request that needs it is answered with 503.',
    unit: 'seconds',
    minimum: 1,
    defaultText: '10',
  }),
  caFile: token.unset.string('cafile', 'Certificates of authorities that are trusted beside those of the system.'),
  certificateFile: token.unset.string('certfile', 'Certificate that the service shows to Keystone.'),
  keyFile: token.unset.string('keyfile', {
    help: 'Private key of that certificate.',
    defaultText: 'the file of the certificate',
  }),
  insecure: token.boolean('insecure', false, 'Does not check the certificate of Keystone.'),
  memcachedServers: token.list('memcached_servers', [], {
    help: 'Servers that keep validated tokens, as host:port. Without any the memory of the process does.',
    deprecatedNames: [{ group: 'keystone_authtoken', name: 'memcache_servers' }],
  }),
  cacheSeconds: token.integer('token_cache_time', 300, {
    help: 'How long a validated token is believed without asking again, also when it is revoked meanwhile; -1 or 0: not at all.',
    unit: 'seconds',
    minimum: -1,
    // A longer time is a date to memcached.
    maximum: 30 * 24 * 3600,
  }),
  memcacheSecurityStrategy: token.string('memcache_security_strategy', 'None', {
    help: 'Whether tokens in memcached are signed, or encrypted as well.',
    choices: ['None', 'MAC', 'ENCRYPT'],
  }),
  memcacheSecretKey: token.unset.string('memcache_secret_key', {
    help: 'What the keys for that are made from.',
    secret,
  }),
  memcacheDeadRetrySeconds: token.integer('memcache_pool_dead_retry', 300, {
    help: 'Pause before a dead server is tried again.',
    unit: 'seconds',
    minimum: 0,
  }),
  memcachePoolSize: token.integer('memcache_pool_maxsize', 10, {
    help: 'Connections to each of these servers.',
    treatment: onePool,
  }),
  memcacheTimeoutSeconds: token.integer('memcache_pool_socket_timeout', 3, {
    help: 'How long one of them may take to answer.',
    unit: 'seconds',
    minimum: 1,
  }),
  memcacheUnusedSeconds: token.integer('memcache_pool_unused_timeout', 60, {
    help: 'When an idle connection is closed.',
    unit: 'seconds',
    treatment: onePool,
  }),
  memcacheConnectionSeconds: token.integer('memcache_pool_conn_get_timeout', 10, {
    help: 'How long to wait for one.',
    unit: 'seconds',
    treatment: onePool,
  }),
  memcacheAdvancedPool: token.boolean('memcache_use_advanced_pool', true, {
    help: 'Keeps connections in a pool.',
    treatment: onePool,
  }),
  memcacheTls: token.boolean('memcache_tls_enabled', false, 'Talks TLS to them.'),
  memcacheCaFile: token.unset.string('memcache_tls_cafile', 'Certificates of authorities to trust there.'),
  memcacheCertificateFile: token.unset.string('memcache_tls_certfile', 'Certificate of the service there.'),
  memcacheKeyFile: token.unset.string('memcache_tls_keyfile', 'Private key of that certificate.'),
  memcacheCiphers: token.unset.string(
    'memcache_tls_allowed_ciphers',
    'Ciphers allowed there, in the words of OpenSSL.',
  ),
  memcacheSasl: token.boolean('memcache_sasl_enabled', false, {
    help: 'Signs in to them.',
    treatment: rejected(
      'true',
      'memcached is spoken to in its text protocol, which has no SASL; use memcache_tls_enabled',
    ),
  }),
  memcacheUserName: token.unset.string('memcache_username', { help: 'User for that.', treatment: noSasl }),
  memcachePassword: token.unset.string('memcache_password', { help: 'Password for that.', secret, treatment: noSasl }),
  includeServiceCatalog: token.boolean('include_service_catalog', true, {
    help:
      'Asks Keystone for the catalog with each validation. Without it there is no import by glance-download, and no ' +
      'application credential with access rules.',
  }),
  enforceTokenBind: token.string('enforce_token_bind', 'permissive', {
    help:
      'What becomes of tokens that are bound to their bearer, which cannot be proven here. "disabled": they are taken. ' +
      '"permissive": those bound by Kerberos are refused. "strict": all of them are.',
  }),
  serviceTokenRoles: token.list('service_token_roles', ['service'], {
    help: 'Roles of which a service needs one to act for users whose tokens have expired.',
  }),
  serviceTokenRolesRequired: token.boolean(
    'service_token_roles_required',
    true,
    'Whether a service token without any of them is invalid.',
  ),
  serviceType: token.unset.string('service_type', {
    help:
      'Name of this service in access rules of application credentials, "image"; without it credentials that have such ' +
      'rules are refused.',
  }),
};
