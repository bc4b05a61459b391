/**
 * What the service signs in to Keystone with. The same options stand in every section that signs in, and in the section
 * that `auth_section` names there, so they are described for a section that is given.
 *
 * Source: contract 10 §2; 11 §5
 */
import { describeGroup } from '../option.ts';
import type { Treatment } from '../option.ts';

export type KeystoneLoginOptions = ReturnType<typeof describeKeystoneLogin>;

/** The ways of signing in that are understood; several have two names. */
export const loginPlugins = ['password', 'v3password', 'v3applicationcredential', 'token', 'v3token'];

export function describeKeystoneLogin(group: string, treatment?: Treatment) {
  const { unset } = describeGroup(group, treatment === undefined ? {} : { treatment });
  const secret = true;
  const old = (...names: readonly string[]) => ({ deprecatedNames: names.map((name) => ({ group, name })) });
  return {
    authType: unset.string('auth_type', {
      help: `How the service signs in to Keystone: ${loginPlugins.join(', ')}.`,
      ...old('auth_plugin', 'auth-type'),
    }),
    authSection: unset.string('auth_section', {
      help: 'Section that holds auth_type and its options in place of this one.',
      ...old('auth-section'),
    }),
    authUrl: unset.string('auth_url', {
      help: 'Address of Keystone for the service.',
      unit: 'URL',
      ...old('auth-url'),
    }),
    userName: unset.string('username', { help: 'User to sign in as.', ...old('user_name', 'user-name') }),
    userId: unset.string('user_id', { help: 'Id of that user.', ...old('user-id') }),
    userDomainName: unset.string('user_domain_name', { help: 'Domain of that user.', ...old('user-domain-name') }),
    userDomainId: unset.string('user_domain_id', { help: 'Id of that domain.', ...old('user-domain-id') }),
    password: unset.string('password', { help: 'Password of that user.', secret }),
    projectName: unset.string('project_name', {
      help: 'Project to sign in to.',
      ...old('project-name', 'tenant_name', 'tenant-name'),
    }),
    projectId: unset.string('project_id', {
      help: 'Id of that project.',
      ...old('project-id', 'tenant_id', 'tenant-id'),
    }),
    projectDomainName: unset.string('project_domain_name', {
      help: 'Domain of that project.',
      ...old('project-domain-name'),
    }),
    projectDomainId: unset.string('project_domain_id', { help: 'Id of that domain.', ...old('project-domain-id') }),
    domainId: unset.string('domain_id', { help: 'Id of a domain to sign in to.', ...old('domain-id') }),
    domainName: unset.string('domain_name', { help: 'Name of a domain to sign in to.', ...old('domain-name') }),
    defaultDomainId: unset.string('default_domain_id', {
      help: 'Id of the domain of user and project where none is said.',
      ...old('default-domain-id'),
    }),
    defaultDomainName: unset.string('default_domain_name', {
      help: 'Name of the domain of user and project where none is said.',
      ...old('default-domain-name'),
    }),
    systemScope: unset.string('system_scope', {
      help: 'Signs in to the whole system when it is "all".',
      ...old('system-scope'),
    }),
    trustId: unset.string('trust_id', { help: 'Trust to sign in by.', ...old('trust-id') }),
    applicationCredentialId: unset.string('application_credential_id', {
      help: 'Application credential to sign in by.',
      ...old('application-credential-id'),
    }),
    applicationCredentialName: unset.string('application_credential_name', {
      help: 'Name of that application credential, which its user must then be told with.',
      ...old('application-credential-name'),
    }),
    applicationCredentialSecret: unset.string('application_credential_secret', {
      help: 'Secret of that application credential.',
      secret,
      ...old('application-credential-secret'),
    }),
    token: unset.string('token', { help: 'Token to sign in with.', secret }),
  };
}
