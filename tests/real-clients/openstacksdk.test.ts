/** The whole Image API as a program that uses openstacksdk sees it; what it does is in `openstacksdk.py`. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requirePackages } from '../support/debian-packages.ts';
import { clientEnvironment } from '../support/openstack-cli.ts';
import { startWithSeveralStores } from '../support/several-stores.ts';
import type { SeveralStores } from '../support/several-stores.ts';

const hasClients = await requirePackages(['python3-openstacksdk']);
const run = promisify(execFile);
const program = join(import.meta.dirname, 'openstacksdk.py');

const steps = [
  'stores_and_import_methods',
  'upload',
  'import_by_create',
  'stage_and_import_to_several_stores',
  'import_from_the_web',
  'failed_import',
  'tasks',
  'members',
  'tags_and_attributes',
  'deactivate_and_reactivate',
  'lists',
  'schemas',
  'metadefs',
  'cache',
  'locations',
];

describe.runIf(hasClients)('openstacksdk and several stores', () => {
  let cloud: SeveralStores;

  beforeAll(async () => {
    cloud = await startWithSeveralStores();
  });

  afterAll(async () => {
    await cloud?.stop();
  });

  test('goes through the whole Image API, step by step', async () => {
    const given = { path: cloud.image.path, sha512: cloud.image.sha512, web: cloud.web.origin };
    const env = clientEnvironment({ OS_CLIENT_CONFIG_FILE: cloud.service.cloudsYaml });
    const ended = await run('/usr/bin/python3', [program, JSON.stringify(given)], { env, timeout: 90_000 }).catch(
      (error: { stdout?: string; stderr?: string }) => ({ stdout: error.stdout ?? '', stderr: error.stderr ?? '' }),
    );
    expect(ended.stdout.trim().split('\n'), ended.stderr).toEqual(steps);
    const { images } = await cloud.client.listImages({ visibility: 'all' });
    expect(images).toEqual([]);
  });
});
