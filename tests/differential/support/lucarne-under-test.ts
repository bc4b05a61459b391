/**
 * The Lucarne of a differential run: started from its command line, with the options the oracle has.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startLucarne } from '../../support/running-server.ts';
import { loseFolders, prepareFolder, setupOptions } from '../setups.ts';
import type { SetupName } from '../setups.ts';
import { overlayOptions, renderIni } from './service-options.ts';
import type { IniSections } from './service-options.ts';
import type { RunningService } from './service-process.ts';

/**
 * What Glance has no option for: it connects to whatever address a URL leads to, so Lucarne has to be allowed the one of
 * the local web server.
 */
const loopbackAllowed = { lucarne: { allowed_address_ranges: '127.0.0.0/8' } };

/** Starts an empty Lucarne on a free loopback port; `stop` ends the process and removes its folders. */
export async function startLucarneUnderTest(
  setup: SetupName,
  webPort: number,
  more: IniSections = {},
): Promise<RunningService> {
  const folder = await mkdtemp(join(tmpdir(), 'lucarne-differential-'));
  const clean = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await prepareFolder(folder);
    await writeFile(join(folder, 'policy.yaml'), '{}\n');
    const given = overlayOptions(setupOptions(setup, { folder, webPort }), more);
    const options = overlayOptions(given, loopbackAllowed);
    const service = await startLucarne({ config: renderIni(options) });
    await loseFolders(setup, folder);
    return {
      baseUrl: service.url,
      async stop() {
        await service.stop();
        await clean();
      },
    };
  } catch (error) {
    await clean();
    throw error;
  }
}
