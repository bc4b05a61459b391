/** Key managers, for signatures and encrypted volumes; not built yet. Source: contract 11 §5 */
import { describeGroup, notBuilt } from '../option.ts';

const treatment = notBuilt('the key manager');
const manager = describeGroup('key_manager', { treatment });
const barbican = describeGroup('barbican', { treatment });
const serviceUser = describeGroup('barbican_service_user', { treatment });
const vault = describeGroup('vault', { treatment });
const secret = true;

export const keyManagerOptions = [
  manager.string('backend', 'barbican', {
    help: 'Which key manager is used.',
    deprecatedNames: [{ group: 'key_manager', name: 'api_class' }],
  }),
  manager.unset.string('auth_type', 'How the service signs in to it.'),
  manager.unset.string('password', { help: 'Password for that.', secret }),
  manager.unset.string('token', { help: 'Token to use as it is.', secret }),
  barbican.unset.string('barbican_endpoint', 'Address of Barbican.'),
  barbican.unset.string('barbican_api_version', 'Version of its API.'),
  barbican.string('auth_endpoint', 'http://localhost/identity/v3', {
    help: 'Address of Keystone.',
    deprecatedNames: [{ group: 'key_manager', name: 'auth_url' }],
  }),
  barbican.unset.string('barbican_region_name', 'Region of Barbican.'),
  barbican.string('barbican_endpoint_type', 'public', 'Which of its addresses is used.'),
  barbican.integer('retry_delay', 1, { help: 'Pause between looks at an order.', unit: 'seconds' }),
  barbican.integer('number_of_retries', 60, 'How often an order is looked at.'),
  barbican.boolean('verify_ssl', true, 'Checks its certificate.'),
  barbican.unset.string('verify_ssl_path', 'Certificates of authorities to trust.'),
  barbican.boolean('send_service_user_token', false, 'Shows a service token beside the token of the user.'),
  serviceUser.unset.string('auth_type', 'How that service token is got.'),
  serviceUser.unset.string('password', { help: 'Password for that.', secret }),
  vault.string('vault_url', 'http://127.0.0.1:8200', 'Address of Vault.'),
  vault.unset.string('root_token_id', { help: 'Token to sign in with.', secret }),
  vault.unset.string('approle_role_id', 'Role to sign in as.'),
  vault.unset.string('approle_secret_id', { help: 'Secret of that role.', secret }),
  vault.string('kv_mountpoint', 'secret', 'Where its keys are kept.'),
  vault.integer('kv_version', 2, 'Version of that place.'),
  vault.boolean('use_ssl', false, 'Talks TLS to it.'),
  vault.unset.string('ssl_ca_crt_file', 'Certificates of authorities to trust.'),
  vault.unset.string('namespace', 'Namespace of its keys.'),
];
