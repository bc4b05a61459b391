/** Who is asking: the pipeline flavor and what Keystone's middleware reads. Source: contract 10 §1, §2; 11 §5 */
import { describeGroup, ignored, notBuilt } from '../option.ts';

const pipeline = describeGroup('paste_deploy');
const token = describeGroup('keystone_authtoken', { treatment: notBuilt('token validation by Keystone') });
const secret = true;

export const identityOptions = {
  flavor: pipeline.unset.string('flavor', {
    help:
      'Where the identity of callers comes from. "pocket": the Keystone built into the service, for laptops and tests. ' +
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

export const keystoneTokenOptions = [
  token.unset.string('www_authenticate_uri', {
    help: 'Address of Keystone for clients.',
    unit: 'URL',
    deprecatedNames: [{ group: 'keystone_authtoken', name: 'auth_uri' }],
  }),
  token.unset.string('auth_type', {
    help: 'How the service signs in to Keystone.',
    deprecatedNames: [{ group: 'keystone_authtoken', name: 'auth_plugin' }],
  }),
  token.unset.string('auth_section', 'Section that holds the options of signing in.'),
  token.unset.string('auth_url', { help: 'Address of Keystone for the service.', unit: 'URL' }),
  token.unset.string('username', 'User to sign in as.'),
  token.unset.string('user_id', 'Id of that user.'),
  token.unset.string('user_domain_name', 'Domain of that user.'),
  token.unset.string('user_domain_id', 'Id of that domain.'),
  token.unset.string('password', { help: 'Password of that user.', secret }),
  token.unset.string('project_name', 'Project to sign in to.'),
  token.unset.string('project_id', 'Id of that project.'),
  token.unset.string('project_domain_name', 'Domain of that project.'),
  token.unset.string('project_domain_id', 'Id of that domain.'),
  token.unset.string('domain_id', 'Id of a domain to sign in to.'),
  token.unset.string('domain_name', 'Name of a domain to sign in to.'),
  token.unset.string('default_domain_id', 'Id of the domain where none is said.'),
  token.unset.string('default_domain_name', 'Name of the domain where none is said.'),
  token.unset.string('system_scope', 'Signs in to the whole system.'),
  token.unset.string('trust_id', 'Trust to sign in by.'),
  token.unset.string('application_credential_id', 'Application credential to sign in by.'),
  token.unset.string('application_credential_name', 'Name of that application credential.'),
  token.unset.string('application_credential_secret', { help: 'Its secret.', secret }),
  token.unset.string('token', { help: 'Token to use as it is.', secret }),
  token.unset.string('auth_version', 'Version of the identity API.'),
  token.string('interface', 'internal', 'Which of the addresses of Keystone is used.'),
  token.unset.string('region_name', 'Region of Keystone.'),
  token.boolean('delay_auth_decision', false, 'Leaves the refusal of a missing token to the service.'),
  token.unset.integer('http_connect_timeout', { help: 'Patience with Keystone.', unit: 'seconds' }),
  token.integer('http_request_max_retries', 3, 'How often a call to Keystone is tried again.'),
  token.unset.integer('timeout', { help: 'Patience with an answer of Keystone.', unit: 'seconds' }),
  token.unset.string('cafile', 'Certificates of authorities to trust.'),
  token.unset.string('certfile', 'Certificate of the service.'),
  token.unset.string('keyfile', 'Private key of that certificate.'),
  token.boolean('insecure', false, 'Does not check the certificate of Keystone.'),
  token.list('memcached_servers', [], {
    help: 'Servers that keep validated tokens.',
    deprecatedNames: [{ group: 'keystone_authtoken', name: 'memcache_servers' }],
  }),
  token.integer('token_cache_time', 300, { help: 'How long a validated token is kept.', unit: 'seconds' }),
  token.string('memcache_security_strategy', 'None', {
    help: 'Whether kept tokens are signed or encrypted.',
    choices: ['None', 'MAC', 'ENCRYPT'],
  }),
  token.unset.string('memcache_secret_key', { help: 'Key for that.', secret }),
  token.integer('memcache_pool_dead_retry', 300, {
    help: 'Pause before a dead server is tried again.',
    unit: 'seconds',
  }),
  token.integer('memcache_pool_maxsize', 10, 'Connections to each of these servers.'),
  token.integer('memcache_pool_socket_timeout', 3, { help: 'Patience with them.', unit: 'seconds' }),
  token.integer('memcache_pool_unused_timeout', 60, { help: 'When an idle connection is closed.', unit: 'seconds' }),
  token.integer('memcache_pool_conn_get_timeout', 10, { help: 'How long to wait for one.', unit: 'seconds' }),
  token.boolean('memcache_use_advanced_pool', true, 'Keeps connections in a pool.'),
  token.boolean('memcache_tls_enabled', false, 'Talks TLS to them.'),
  token.unset.string('memcache_tls_cafile', 'Certificates of authorities to trust there.'),
  token.unset.string('memcache_tls_certfile', 'Certificate of the service there.'),
  token.unset.string('memcache_tls_keyfile', 'Private key of that certificate.'),
  token.unset.string('memcache_tls_allowed_ciphers', 'Ciphers allowed there.'),
  token.boolean('memcache_sasl_enabled', false, 'Signs in to them.'),
  token.unset.string('memcache_username', 'User for that.'),
  token.unset.string('memcache_password', { help: 'Password for that.', secret }),
  token.boolean('include_service_catalog', true, 'Asks Keystone for the catalogue with each validation.'),
  token.string('enforce_token_bind', 'permissive', 'Whether tokens must be bound to their bearer.'),
  token.list('service_token_roles', ['service'], 'Roles that make a service token count.'),
  token.boolean('service_token_roles_required', true, 'Whether a service token needs one of them.'),
  token.unset.string('service_type', 'Name of this service in access rules of application credentials.'),
];
