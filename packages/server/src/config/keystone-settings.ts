/** How tokens of callers are validated by Keystone. Source: contract 10 §2; 11 §5 */
import { isKeystoneUrl, keystoneLogin, notKeystone } from './keystone-login.ts';
import { buildMemcachedSettings } from './memcached-settings.ts';
import { identityOptions, keystoneTokenOptions as options } from './options/identity.ts';
import { readExistingFile, readText } from './settings-basis.ts';
import type { SettingsBasis } from './settings-basis.ts';
import type { KeystoneConnectionSettings, KeystoneLoginSettings, KeystoneSettings } from './settings.ts';

const standardConnectSeconds = 5;
const standardCallSeconds = 10;
const bindEnforcements = ['disabled', 'permissive', 'strict'] as const;

/** Stands in for a login that is wrong, with which the service does not start. */
const noLogin: KeystoneLoginSettings = {
  authUrl: '',
  proof: { kind: 'token', token: '' },
  scope: { kind: 'none' },
};

export function buildKeystoneSettings(basis: SettingsBasis): KeystoneSettings {
  const { values } = basis;
  const login = keystoneLogin(basis, 'keystone_authtoken', identityOptions.flavor) ?? noLogin;
  const cacheSeconds = values.get(options.cacheSeconds);
  return {
    login,
    connection: readConnection(basis),
    endpoint: {
      interfaces: [values.get(options.interface).replace(/URL$/, '')],
      region: readText(basis, options.regionName),
      override: null,
    },
    authenticateUri: readAuthenticateUri(basis) ?? login.authUrl,
    delaysDecision: values.get(options.delayAuthDecision),
    includesCatalog: values.get(options.includeServiceCatalog),
    serviceType: readText(basis, options.serviceType),
    bindEnforcement: readBindEnforcement(basis),
    serviceTokens: {
      roles: values.get(options.serviceTokenRoles),
      required: values.get(options.serviceTokenRolesRequired),
    },
    cache: {
      seconds: cacheSeconds > 0 ? cacheSeconds : null,
      memcached: buildMemcachedSettings(basis),
    },
  };
}

function readConnection(basis: SettingsBasis): KeystoneConnectionSettings {
  const { values, report } = basis;
  const certificateFile = readExistingFile(basis, options.certificateFile);
  const keyFile = readExistingFile(basis, options.keyFile);
  if (keyFile !== null && certificateFile === null) report(options.keyFile, 'a private key needs certfile beside it');
  const connectSeconds = values.get(options.connectTimeoutSeconds);
  return {
    caFile: readExistingFile(basis, options.caFile),
    certificateFile,
    keyFile,
    insecure: values.get(options.insecure),
    connectTimeoutSeconds: connectSeconds ?? standardConnectSeconds,
    timeoutSeconds: values.get(options.timeoutSeconds) ?? Math.max(standardCallSeconds, connectSeconds ?? 0),
    connectRetries: values.get(options.connectRetries),
  };
}

function readAuthenticateUri(basis: SettingsBasis): string | null {
  const uri = readText(basis, options.authenticateUri);
  if (uri !== null && !isKeystoneUrl(uri)) basis.report(options.authenticateUri, notKeystone);
  return uri;
}

/** The other modes demand a proof of every caller. */
function readBindEnforcement({ values, report }: SettingsBasis): KeystoneSettings['bindEnforcement'] {
  const mode = values.get(options.enforceTokenBind).trim().toLowerCase();
  const known = bindEnforcements.find((each) => each === mode);
  if (known !== undefined) return known;
  const reason = 'it refuses every token that is not bound to its bearer, and how one is bound cannot be checked here';
  report(
    options.enforceTokenBind,
    `"${mode}" is not supported: ${reason}; allowed is one of ${bindEnforcements.join(', ')}`,
  );
  return 'strict';
}
