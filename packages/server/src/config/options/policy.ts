/** `[oslo_policy]`. Source: contract 10 §4; 11 §5, §7 */
import { describeGroup, ignored } from '../option.ts';

const { string, float, boolean, multi, unset } = describeGroup('oslo_policy');

function formerly(name: string) {
  return [{ group: 'DEFAULT', name }];
}

export const policyOptions = {
  policyFile: string('policy_file', 'policy.yaml', {
    help:
      'File with policy rules that replace the built-in ones, in YAML or JSON. A relative path is looked for beside the ' +
      'configuration files. Without such a file the built-in rules hold.',
    deprecatedNames: formerly('policy_file'),
  }),
  policyDirectories: multi('policy_dirs', ['policy.d'], {
    help: 'Folders of further rule files, read after policy_file; the last rule of a name counts.',
    deprecatedNames: formerly('policy_dirs'),
  }),
  defaultRule: string('policy_default_rule', 'default', {
    help: 'Rule that stands in for one that is named and does not exist.',
    deprecatedNames: formerly('policy_default_rule'),
  }),
  enforceNewDefaults: boolean('enforce_new_defaults', true, {
    help: 'Holds to the role-based built-in rules. When false, what the older rules allowed is allowed as well.',
  }),
  remoteContentType: string('remote_content_type', 'application/x-www-form-urlencoded', {
    help: 'How a rule that asks a web service sends its question.',
    choices: ['application/x-www-form-urlencoded', 'application/json'],
  }),
  remoteVerify: boolean(
    'remote_ssl_verify_server_crt',
    false,
    'Checks the certificate of that web service. When false, anybody on the way can answer in its place.',
  ),
  remoteCaFile: unset.string('remote_ssl_ca_crt_file', 'Certificates of authorities to trust there.'),
  remoteCertificateFile: unset.string('remote_ssl_client_crt_file', 'Certificate of this service there.'),
  remoteKeyFile: unset.string('remote_ssl_client_key_file', 'Private key of that certificate.'),
  remoteTimeoutSeconds: float('remote_timeout', 60, {
    help: 'Patience with that web service.',
    unit: 'seconds',
    minimum: 0,
  }),
  enforceScope: boolean('enforce_scope', true, {
    help: 'Refuses tokens of another scope than the rule asks for.',
    treatment: ignored('scope is always enforced'),
  }),
};
