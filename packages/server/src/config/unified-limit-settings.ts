/** Where the limits of projects are, when Keystone keeps them. Source: contract 13 C3; 11 §5 */
import { isKeystoneUrl, keystoneLogin, notKeystone } from './keystone-login.ts';
import { apiOptions } from './options/api.ts';
import { unifiedLimitOptions as options } from './options/unified-limits.ts';
import { readExistingFile, readText } from './settings-basis.ts';
import type { SettingsBasis } from './settings-basis.ts';
import type { UnifiedLimitSettings } from './settings.ts';

const connectSeconds = 5;
const callSeconds = 10;
const interfaces = ['public', 'internal', 'admin'];

/** Null where the static limits count, or when what is missing was reported. */
export function buildUnifiedLimitSettings(basis: SettingsBasis): UnifiedLimitSettings | null {
  const { values, report } = basis;
  if (!values.get(apiOptions.useKeystoneLimits)) return null;
  const login = keystoneLogin(basis, 'oslo_limit', apiOptions.useKeystoneLimits);
  const endpoint = readEndpoint(basis);
  const certificateFile = readExistingFile(basis, options.certificateFile);
  const keyFile = readExistingFile(basis, options.keyFile);
  if (keyFile !== null && certificateFile === null) report(options.keyFile, 'a private key needs certfile beside it');
  const override = readText(basis, options.endpointOverride);
  if (override !== null && !isKeystoneUrl(override)) report(options.endpointOverride, notKeystone);
  if (login === null || endpoint === null) return null;
  const timeoutSeconds = values.get(options.timeoutSeconds) ?? callSeconds;
  return {
    login,
    connection: {
      caFile: readExistingFile(basis, options.caFile),
      certificateFile,
      keyFile,
      insecure: values.get(options.insecure),
      connectTimeoutSeconds: Math.min(connectSeconds, timeoutSeconds),
      timeoutSeconds,
      connectRetries: values.get(options.connectRetries),
    },
    identityEndpoint: {
      interfaces: readInterfaces(basis),
      region: readText(basis, options.regionName),
      override,
    },
    endpoint,
  };
}

function readInterfaces({ values }: SettingsBasis): readonly string[] {
  const wanted = values.get(options.validInterfaces).map((name) => name.trim().replace(/URL$/, ''));
  return wanted.length === 0 ? ['public'] : wanted;
}

function readEndpoint(basis: SettingsBasis): UnifiedLimitSettings['endpoint'] | null {
  const id = readText(basis, options.endpointId);
  if (id !== null) return { id };
  const serviceName = readText(basis, options.endpointServiceName);
  const serviceType = readText(basis, options.endpointServiceType);
  const region = readText(basis, options.endpointRegionName);
  const kind = basis.values.get(options.endpointInterface).trim().replace(/URL$/, '');
  if (serviceName === null && serviceType === null) {
    const missing = 'it needs the endpoint whose limits hold: set endpoint_id or endpoint_service_type in [oslo_limit]';
    basis.report(apiOptions.useKeystoneLimits, missing);
    return null;
  }
  if (!interfaces.includes(kind)) {
    basis.report(options.endpointInterface, `"${kind}" is not supported; allowed is one of ${interfaces.join(', ')}`);
  }
  return { serviceName, serviceType, region, interface: kind };
}
