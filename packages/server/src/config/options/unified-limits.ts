/** `[oslo_limit]`: where the limits of projects are, with `use_keystone_limits`. Source: contract 11 §5; 13 C */
import { describeGroup, ignored } from '../option.ts';
import { describeKeystoneLogin } from './keystone-login.ts';

const group = 'oslo_limit';
const { string, integer, list, boolean, unset } = describeGroup(group);
const old = (...names: readonly string[]) => ({ deprecatedNames: names.map((name) => ({ group, name })) });

/** How the service signs in to read limits. */
export const unifiedLimitLogin = describeKeystoneLogin(group);

export const unifiedLimitOptions = {
  validInterfaces: list('valid_interfaces', [], {
    help: 'Which of the addresses of Keystone may be used: public, internal or admin; the first that the catalog has.',
    defaultText: 'public',
    ...old('valid-interfaces'),
  }),
  regionName: unset.string('region_name', { help: 'Region of Keystone.', ...old('region-name') }),
  endpointOverride: unset.string('endpoint_override', {
    help: 'Address of Keystone to use in place of what the catalog says.',
    unit: 'URL',
    ...old('endpoint-override'),
  }),
  caFile: unset.string('cafile', 'Certificates of authorities to trust.'),
  certificateFile: unset.string('certfile', 'Certificate of the service for Keystone.'),
  keyFile: unset.string('keyfile', 'Private key of that certificate, unless it stands in the same file.'),
  insecure: boolean('insecure', false, 'Does not check certificates.'),
  timeoutSeconds: unset.integer('timeout', {
    help: 'How long a call to Keystone may take.',
    unit: 'seconds',
    minimum: 1,
    defaultText: '10',
  }),
  connectRetries: integer('connect_retries', 2, {
    help: 'How often a connection that fails is tried again.',
    minimum: 0,
    maximum: 10,
    ...old('connect-retries'),
  }),
  endpointId: unset.string('endpoint_id', 'Id of the endpoint whose limits hold.'),
  endpointServiceName: unset.string('endpoint_service_name', 'Name of the service whose limits hold.'),
  endpointServiceType: unset.string('endpoint_service_type', 'Type of the service whose limits hold.'),
  endpointRegionName: unset.string('endpoint_region_name', 'Region of the endpoint whose limits hold.'),
  endpointInterface: string('endpoint_interface', 'publicURL', {
    help: 'Kind of the endpoint whose limits hold: public, internal or admin.',
  }),
  serviceType: unset.string('service_type', {
    help: 'Type of Keystone.',
    treatment: ignored('Keystone is of the type identity'),
  }),
  serviceName: unset.string('service_name', {
    help: 'Name of Keystone.',
    treatment: ignored('Keystone is known by its type'),
  }),
};
