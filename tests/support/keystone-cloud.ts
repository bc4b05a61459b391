/**
 * A small cloud: a real Keystone, and the service that has its callers' tokens validated there, entered into its catalog
 * and signed in as a user with the role `service` alone.
 */
import { startKeystone } from './keystone-server.ts';
import type { KeystoneOptions, RunningKeystone } from './keystone-server.ts';
import { startLucarne } from './running-server.ts';
import type { RunningLucarne } from './running-server.ts';

/** Keystone is up in ten seconds, and on a machine that has much else to do in a minute or more. */
export const cloudStartMilliseconds = 300_000;

export interface KeystoneCloudOptions extends KeystoneOptions {
  /** Further lines of `[keystone_authtoken]`. */
  readonly tokenLines?: string;
  /** Further sections. */
  readonly config?: string;
}

export interface KeystoneCloud {
  readonly keystone: RunningKeystone;
  readonly service: RunningLucarne;
  /** Text of the service's glance-api.conf. */
  readonly config: string;
  stop(): Promise<void>;
}

export async function startKeystoneCloud(options: KeystoneCloudOptions = {}): Promise<KeystoneCloud> {
  const keystone = await startKeystone(options);
  try {
    const config = await configuration(keystone, options);
    const service = await startLucarne({ config });
    const stop = async (): Promise<void> => {
      await service.stop();
      await keystone.stop();
    };
    try {
      await keystone.admin.publishImageService(service.url);
      return { keystone, service, config, stop };
    } catch (error) {
      await service.stop();
      throw error;
    }
  } catch (error) {
    await keystone.stop();
    throw error;
  }
}

async function configuration(keystone: RunningKeystone, options: KeystoneCloudOptions): Promise<string> {
  const project = await keystone.admin.createProject('service');
  const { login } = await keystone.admin.createMember('glance', project, ['service']);
  return `[paste_deploy]
flavor = keystone
[keystone_authtoken]
www_authenticate_uri = ${keystone.authUrl}
auth_url = ${keystone.authUrl.replace(/\/v3$/, '')}
auth_type = password
username = ${login.userName}
password = ${login.password}
user_domain_name = Default
project_name = ${login.projectName}
project_domain_name = Default
region_name = ${keystone.region}
service_type = image
${options.tokenLines ?? ''}
${options.config ?? ''}
`;
}
