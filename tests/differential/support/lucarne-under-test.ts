/**
 * The Lucarne of a differential run: started from its command line, with the options the oracle has.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startLucarne } from '../../support/running-server.ts';
import { commonOptions, renderIni } from './service-options.ts';
import type { RunningService } from './service-process.ts';

/** Starts an empty Lucarne on a free loopback port; `stop` ends the process and removes its folders. */
export async function startLucarneUnderTest(): Promise<RunningService> {
  const folder = await mkdtemp(join(tmpdir(), 'lucarne-differential-'));
  const clean = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    for (const name of ['images', 'staging', 'policy.d']) await mkdir(join(folder, name));
    await writeFile(join(folder, 'policy.yaml'), '{}\n');
    const service = await startLucarne({ config: renderIni(commonOptions(folder)) });
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
