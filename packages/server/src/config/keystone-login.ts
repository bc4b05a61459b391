/**
 * Makes a login to Keystone out of the options of a section, and tells what is wrong or missing in it.
 * Source: contract 10 §2; 11 §5
 */
import type { LoginGroup } from './login-sections.ts';
import type { Option } from './option.ts';
import { loginPlugins } from './options/keystone-login.ts';
import type { KeystoneLoginOptions } from './options/keystone-login.ts';
import { readText } from './settings-basis.ts';
import type { SettingsBasis } from './settings-basis.ts';
import type { DomainSetting, KeystoneLoginSettings, NamedInDomainSetting } from './settings.ts';

/** The ways of signing in that are known and yet refused, with the reason. */
const refusedPlugins: Readonly<Record<string, string>> = {
  none: 'without a token of its own the service may ask Keystone nothing',
  noauth: 'without a token of its own the service may ask Keystone nothing',
  admin_token: 'Keystone gave up the admin token',
  v2password: 'version 2 of the identity API is gone',
  v2token: 'version 2 of the identity API is gone',
};

interface Reader {
  readonly basis: SettingsBasis;
  readonly options: KeystoneLoginOptions;
  text(option: Option<string | null>): string | null;
  /** Reports what the section lacks; where the sign-in is chosen, or else where it is needed. */
  missing(what: string): null;
}

/**
 * How the section signs in; null when it cannot, which is reported then. `neededBy` is the option whose value makes a
 * login necessary: problems that have no line of their own are told there.
 */
export function keystoneLogin(basis: SettingsBasis, group: LoginGroup, neededBy: Option): KeystoneLoginSettings | null {
  const options = basis.logins.optionsOf(group);
  const section = `[${options.authType.group}]`;
  const plugin = readText(basis, options.authType)?.toLowerCase() ?? null;
  if (plugin === null) {
    basis.report(neededBy, `it needs a sign-in to Keystone: set auth_type in ${section} to ${loginPlugins.join(', ')}`);
    return null;
  }
  if (!loginPlugins.includes(plugin)) {
    const reason = refusedPlugins[plugin];
    const why = reason === undefined ? '' : `: ${reason}`;
    basis.report(options.authType, `"${plugin}" is not supported${why}; allowed is one of ${loginPlugins.join(', ')}`);
    return null;
  }
  const reader: Reader = {
    basis,
    options,
    text: (option) => readText(basis, option),
    missing: (what) => {
      basis.report(options.authType, `${plugin} also needs ${what} in ${section}`);
      return null;
    },
  };
  const authUrl = readAuthUrl(reader);
  const proof = readProof(reader, plugin);
  const scope = readScope(reader, plugin);
  return authUrl === null || proof === null || scope === null ? null : { authUrl, proof, scope };
}

function readAuthUrl({ basis, options, text, missing }: Reader): string | null {
  const url = text(options.authUrl);
  if (url === null) return missing('auth_url');
  if (!isKeystoneUrl(url)) basis.report(options.authUrl, notKeystone);
  else if (/\/v2\.0\/*$/.test(url))
    basis.report(options.authUrl, 'version 2.0 of the identity API is gone; end the URL with /v3');
  return url;
}

/** What is said of a value that is no such address. */
export const notKeystone =
  'the value is not the address of a Keystone; allowed is an http or https URL without user, password and query';

export function isKeystoneUrl(text: string): boolean {
  // It stands in headers, where other characters cannot.
  const isPlain = /^[\x21-\x7e]+$/.test(text);
  return isPlain && /^https?:\/\/[^/?#@\\"]+(\/[^?#"]*)?$/i.test(text) && URL.canParse(text);
}

function readProof(reader: Reader, plugin: string): KeystoneLoginSettings['proof'] | null {
  const { options, text, missing, basis } = reader;
  if (plugin === 'token' || plugin === 'v3token') {
    const token = text(options.token);
    return token === null ? missing('token') : { kind: 'token', token };
  }
  if (plugin === 'v3applicationcredential') return readApplicationCredential(reader);
  const user = readUser(reader);
  // Not trimmed: blanks may be part of it.
  const password = basis.values.get(options.password) ?? '';
  if (password === '') return missing('password');
  return user === null ? null : { kind: 'password', user, password };
}

function readApplicationCredential(reader: Reader): KeystoneLoginSettings['proof'] | null {
  const { options, text, missing } = reader;
  const id = text(options.applicationCredentialId);
  const name = text(options.applicationCredentialName);
  const secret = text(options.applicationCredentialSecret);
  if (secret === null) return missing('application_credential_secret');
  if (id !== null) return { kind: 'applicationCredential', credential: { id }, secret };
  if (name === null) return missing('application_credential_id');
  const user = readUser(reader);
  return user === null ? null : { kind: 'applicationCredential', credential: { name, user }, secret };
}

function readUser({ options, text, missing }: Reader): NamedInDomainSetting | null {
  const id = text(options.userId);
  if (id !== null) return { id };
  const name = text(options.userName);
  if (name === null) return missing('username or user_id');
  const domain =
    readDomain(text(options.userDomainId), text(options.userDomainName)) ??
    readDomain(text(options.defaultDomainId), text(options.defaultDomainName));
  return domain === null ? missing('user_domain_name or user_domain_id') : { name, domain };
}

function readScope(reader: Reader, plugin: string): KeystoneLoginSettings['scope'] | null {
  const { options, text, basis } = reader;
  // It brings its own project.
  if (plugin === 'v3applicationcredential') return { kind: 'none' };
  const trustId = text(options.trustId);
  const system = text(options.systemScope);
  const domain = readDomain(text(options.domainId), text(options.domainName));
  const hasProject = text(options.projectId) !== null || text(options.projectName) !== null;
  if ([trustId !== null, system !== null, domain !== null, hasProject].filter(Boolean).length > 1) {
    basis.report(
      options.authType,
      'only one of a project, a domain, system_scope and trust_id can be signed in to, and more than one is set',
    );
    return null;
  }
  if (trustId !== null) return { kind: 'trust', trustId };
  if (domain !== null) return { kind: 'domain', domain };
  if (hasProject) return readProject(reader);
  if (system === null) return { kind: 'none' };
  if (system.toLowerCase() === 'all') return { kind: 'system' };
  basis.report(options.systemScope, `"${system}" is not a scope of the system; allowed is all`);
  return null;
}

function readProject({ options, text, missing }: Reader): KeystoneLoginSettings['scope'] | null {
  const id = text(options.projectId);
  if (id !== null) return { kind: 'project', project: { id } };
  const domain =
    readDomain(text(options.projectDomainId), text(options.projectDomainName)) ??
    readDomain(text(options.defaultDomainId), text(options.defaultDomainName));
  if (domain === null) return missing('project_domain_name or project_domain_id');
  return { kind: 'project', project: { name: text(options.projectName) ?? '', domain } };
}

function readDomain(id: string | null, name: string | null): DomainSetting | null {
  if (id !== null) return { id };
  return name === null ? null : { name };
}
