/** `[oslo_limit]`: unified limits, not built yet. Source: contract 11 §5; 13 C */
import { describeGroup, notBuilt } from '../option.ts';

const { string, list, boolean, unset } = describeGroup('oslo_limit', { treatment: notBuilt('unified limits') });
const secret = true;

export const unifiedLimitOptions = [
  unset.string('auth_type', 'How the service signs in to Keystone.'),
  unset.string('auth_section', 'Section that holds the options of signing in.'),
  unset.string('auth_url', { help: 'Address of Keystone.', unit: 'URL' }),
  unset.string('username', 'User to sign in as.'),
  unset.string('user_id', 'Id of that user.'),
  unset.string('user_domain_name', 'Domain of that user.'),
  unset.string('user_domain_id', 'Id of that domain.'),
  unset.string('password', { help: 'Password of that user.', secret }),
  unset.string('system_scope', 'Signs in to the whole system.'),
  unset.string('project_name', 'Project to sign in to.'),
  unset.string('project_id', 'Id of that project.'),
  unset.string('project_domain_name', 'Domain of that project.'),
  unset.string('project_domain_id', 'Id of that domain.'),
  list('valid_interfaces', [], 'Which of the addresses of Keystone may be used.'),
  unset.string('region_name', 'Region of Keystone.'),
  unset.string('endpoint_override', { help: 'Address to use in place of the catalogue.', unit: 'URL' }),
  unset.string('cafile', 'Certificates of authorities to trust.'),
  boolean('insecure', false, 'Does not check certificates.'),
  unset.string('endpoint_id', 'Id of the endpoint whose limits hold.'),
  unset.string('endpoint_service_name', 'Name of the service whose limits hold.'),
  unset.string('endpoint_service_type', 'Type of the service whose limits hold.'),
  unset.string('endpoint_region_name', 'Region of the endpoint whose limits hold.'),
  string('endpoint_interface', 'public', 'Kind of the endpoint whose limits hold.'),
];
