/** `lucarne images restore`: brings images back whose deletion is put off. Source: contract 02 §6, 12 §7. */
import { sqlDatabaseSchema } from '../../adapters/sql/database-schema.ts';
import { sqlScrubRepository } from '../../adapters/sql/scrub-repository.ts';
import { systemClock } from '../../adapters/system/system-clock.ts';
import { restoreImage } from '../../usecases/images/restore.ts';
import type { Restoration } from '../../usecases/images/restore.ts';
import { readConfiguration } from '../configuration.ts';
import type { ConfigurationArguments } from '../configuration.ts';
import { openLog } from '../logging.ts';
import { openDatabase } from '../open-database.ts';
import { openStores } from '../open-stores.ts';

const texts: Readonly<Record<Restoration, string>> = {
  restored: 'is active again',
  'not-deleted': 'is not deleted',
  'too-late': 'cannot be restored: its data were removed, or are being removed now',
  unknown: 'is not known',
};

/** Exit status 0 when all of them are restored. */
export async function restore(given: ConfigurationArguments, imageIds: readonly string[]): Promise<number> {
  const configuration = readConfiguration(given);
  if (configuration === null) return 1;
  const { settings } = configuration;
  try {
    const database = openDatabase(settings);
    try {
      await sqlDatabaseSchema(database).sync();
      const stores = await openStores(settings, openLog(settings.logging).log);
      const parts = { scrub: sqlScrubRepository(database), stores, clock: systemClock };
      return await restoreAll(imageIds, (imageId) => restoreImage(parts, imageId));
    } finally {
      await database.close();
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

async function restoreAll(
  imageIds: readonly string[],
  restoreOne: (imageId: string) => Promise<Restoration>,
): Promise<number> {
  let status = 0;
  for (const imageId of imageIds) {
    const restoration = await restoreOne(imageId);
    const output = restoration === 'restored' ? process.stdout : process.stderr;
    output.write(`Image ${imageId} ${texts[restoration]}.\n`);
    if (restoration !== 'restored') status = 1;
  }
  return status;
}
