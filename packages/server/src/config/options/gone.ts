/** Options that Glance itself gave up, and that old files still hold. Source: contract 11 §7 */
import { describeGroup, ignored } from '../option.ts';

const gone = describeGroup('DEFAULT', { treatment: ignored('Glance gave it up long ago') });
const registry = describeGroup('DEFAULT', { treatment: ignored('there is no registry service any more') });
const v1 = describeGroup('DEFAULT', { treatment: ignored('version 1 of the API is gone') });
const strategy = describeGroup('store_type_location_strategy', {
  treatment: ignored('the weight of a store decides which location is read first'),
});
const secret = true;

export const goneOptions = [
  gone.boolean('allow_additional_image_properties', true, {
    help: 'Lets images have custom properties.',
    treatment: ignored('they always may'),
  }),
  gone.boolean('enforce_secure_rbac', false, {
    help: 'Switched the role-based policies on.',
    treatment: ignored('[oslo_policy] enforce_new_defaults took its place'),
  }),
  gone.string('location_strategy', 'location_order', {
    help: 'Which location is read first.',
    treatment: ignored('the weight of a store decides which location is read first'),
  }),
  strategy.list('store_type_preference', [], 'Kinds of stores, the preferred first.'),
  gone.boolean('owner_is_tenant', true, {
    help: 'Whether projects or users own images.',
    treatment: ignored('images always belong to projects'),
  }),
  gone.list('admin_role', ['admin'], {
    help: 'Role of administrators.',
    treatment: ignored('policies say what an administrator is'),
  }),
  gone.unset.string('pipe_handle', {
    help: 'Handle of a parent process.',
    treatment: ignored('Windows alone used it'),
  }),
  registry.unset.string('registry_host', 'Address of the registry.'),
  registry.unset.integer('registry_port', 'Port of the registry.'),
  registry.unset.string('registry_client_protocol', 'Protocol of the registry.'),
  registry.unset.string('registry_client_ca_file', 'Certificates of authorities to trust there.'),
  registry.unset.string('registry_client_cert_file', 'Certificate of the service there.'),
  registry.unset.string('registry_client_key_file', 'Private key of that certificate.'),
  registry.boolean('registry_client_insecure', false, 'Does not check the certificate there.'),
  registry.unset.integer('registry_client_timeout', { help: 'Patience with the registry.', unit: 'seconds' }),
  registry.boolean('use_user_token', true, 'Signed in to the registry as the caller.'),
  registry.unset.string('admin_user', 'User to sign in to the registry as.'),
  registry.unset.string('admin_password', { help: 'Password of that user.', secret }),
  registry.unset.string('admin_tenant_name', 'Project of that user.'),
  registry.unset.string('data_api', 'How the database is reached.'),
  v1.boolean('enable_v1_api', false, 'Offers version 1 of the API.'),
  v1.boolean('enable_v1_registry', false, 'Offers version 1 of the registry.'),
  v1.boolean('enable_v2_api', true, 'Offers version 2 of the API.'),
  v1.boolean('enable_v2_registry', true, 'Offers version 2 of the registry.'),
];
