/**
 * A real Glance 25.1 as the oracle of the differential tests: Debian's glance-api on a free loopback port, with a
 * folder of its own for database, data and configuration.
 *
 * Its policies are brought to today's defaults: the new defaults and scope checks are switched on, and the one rule
 * known to 25.1 whose default changed since (`stores_info_detail`) is set in a policy file.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';

import { hasImageCache, loseFolders, prepareFolder, setupOptions } from '../setups.ts';
import type { SetupName, SetupPlace } from '../setups.ts';
import { overlayOptions, renderIni } from './service-options.ts';
import type { IniSections } from './service-options.ts';
import { freePort } from '../../support/child-server.ts';
import { startService } from './service-process.ts';
import type { RunningService } from './service-process.ts';

const run = promisify(execFile);

/** The Debian packages the oracle is made of. */
export const oraclePackages: readonly string[] = ['glance-api'];

const glanceApi = '/usr/bin/glance-api';
const glanceManage = '/usr/bin/glance-manage';
const schemaFile = '/usr/share/glance-common/schema-image.json';

const currentRules = `stores_info_detail: "role:service or role:admin"\n`;

function pipelineIni(folder: string, setup: SetupName): string {
  const filters = hasImageCache(setup) ? 'context cache cachemanage' : 'context';
  const name = hasImageCache(setup) ? 'trusted-auth+cachemanagement' : 'trusted-auth';
  return `
[pipeline:glance-api-${name}]
pipeline = healthcheck cors versionnegotiation ${filters} rootapp
[composite:rootapp]
paste.composite_factory = glance.api:root_app_factory
/: apiversions
/v2: apiv2app
[app:apiversions]
paste.app_factory = glance.api.versions:create_resource
[app:apiv2app]
paste.app_factory = glance.api.v2.router:API.factory
[filter:healthcheck]
paste.filter_factory = oslo_middleware:Healthcheck.factory
backends = disable_by_file
disable_by_file_path = ${join(folder, 'healthcheck_disable')}
[filter:cors]
paste.filter_factory = oslo_middleware.cors:filter_factory
oslo_config_project = glance
oslo_config_program = glance-api
[filter:versionnegotiation]
paste.filter_factory = glance.api.middleware.version_negotiation:VersionNegotiationFilter.factory
[filter:context]
paste.filter_factory = glance.api.middleware.context:ContextMiddleware.factory
[filter:cache]
paste.filter_factory = glance.api.middleware.cache:CacheFilter.factory
[filter:cachemanage]
paste.filter_factory = glance.api.middleware.cache_manage:CacheManageFilter.factory
`;
}

/** Starts an empty Glance. Only 127.0.0.1 is bound; `stop` ends the process and removes its folder. */
export async function startGlanceOracle(
  setup: SetupName,
  webPort: number,
  more: IniSections = {},
): Promise<RunningService> {
  const folder = await mkdtemp(join(tmpdir(), 'glance-oracle-'));
  try {
    const port = await freePort();
    const configFile = await writeConfiguration(setup, { folder, webPort, more }, port);
    await run(glanceManage, ['--config-file', configFile, 'db', 'sync']);
    enableWriteAheadLog(join(folder, 'glance.sqlite'));
    const service = await startService({ command: glanceApi, args: ['--config-file', configFile], port });
    await loseFolders(setup, folder);
    return {
      baseUrl: service.baseUrl,
      async stop() {
        await service.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function writeConfiguration(
  setup: SetupName,
  place: SetupPlace & { readonly more: IniSections },
  port: number,
): Promise<string> {
  const { folder } = place;
  await prepareFolder(folder);
  const configFile = join(folder, 'glance-api.conf');
  const pasteFile = join(folder, 'glance-api-paste.ini');
  const given = overlayOptions(setupOptions(setup, place), place.more);
  const options = overlayOptions(given, {
    // Without workers of its own the service is one process, which is all there is to end.
    DEFAULT: { bind_host: '127.0.0.1', bind_port: String(port), workers: '0', enforce_secure_rbac: 'true' },
    oslo_concurrency: { lock_path: join(folder, 'locks') },
    paste_deploy: { config_file: pasteFile },
  });
  await writeFile(configFile, renderIni(options));
  await writeFile(pasteFile, pipelineIni(folder, setup));
  await writeFile(join(folder, 'policy.yaml'), currentRules);
  await copyFile(schemaFile, join(folder, 'schema-image.json'));
  return configFile;
}

function enableWriteAheadLog(databaseFile: string): void {
  const database = new DatabaseSync(databaseFile);
  database.exec('PRAGMA journal_mode = WAL');
  database.close();
}
