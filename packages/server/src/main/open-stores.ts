/** Opens the stores of a configuration. */
import type { Logger } from 'pino';
import { fileStoreProperties, openFilesystemStore } from '../adapters/stores/filesystem/filesystem-store.ts';
import { hostFileSystem } from '../adapters/stores/filesystem/file-system.ts';
import { openHttpStore } from '../adapters/stores/http/http-store.ts';
import { openWebClient } from '../adapters/web/web-client.ts';
import type { ConfiguredFileStore, ConfiguredHttpStore, ConfiguredStore, Settings } from '../config/settings.ts';
import type { AttachedStore, ImageStores } from '../ports/image-stores.ts';
import { connectTimeoutSeconds } from './web-access.ts';

/** A default store that cannot take data refuses the start; any other is kept for reading. */
export async function openStores(settings: Settings, log: Logger): Promise<ImageStores> {
  const { configured, defaultId, multiStore } = settings.stores;
  const attached: AttachedStore[] = [];
  for (const store of configured) {
    attached.push(await openStore(store, { settings, log, isDefault: store.id === defaultId }));
  }
  const byDefault = attached.find(({ id }) => id === defaultId);
  if (byDefault === undefined) throw new Error(`The default store ${defaultId} is not configured.`);
  return { multiStore, attached, default: byDefault };
}

interface Opening {
  readonly settings: Settings;
  readonly log: Logger;
  readonly isDefault: boolean;
}

async function openStore(configured: ConfiguredStore, opening: Opening): Promise<AttachedStore> {
  const { id, kind, description, weight } = configured;
  const common = { id, kind, description, weight };
  if (configured.kind === 'http') {
    return { ...common, readOnly: true, properties: {}, store: openWebStore(configured, opening.settings) };
  }
  const properties = fileStoreProperties(configured);
  return { ...common, readOnly: false, properties, store: await openFileStore(configured, opening) };
}

function openFileStore(configured: ConfiguredFileStore, { log, isDefault }: Opening) {
  return openFilesystemStore(configured, hostFileSystem, {
    withoutFolders: isDefault ? 'refuse' : 'keep',
    report: (problem) => log.warn({ store: configured.id }, problem.message),
  });
}

/** Redirects that the http driver of Glance follows, and how many of them. */
const followedRedirects = { maxRedirects: 5, redirectStatuses: [301, 302] };

function openWebStore(configured: ConfiguredHttpStore, { imports }: Settings) {
  return openHttpStore(
    openWebClient({
      filter: null,
      allowedHosts: imports.filter.allowedHosts,
      allowedAddressRanges: imports.allowedAddressRanges,
      caFile: configured.caFile,
      insecure: configured.insecure,
      proxies: configured.proxies,
      idleTimeoutSeconds: imports.downloads.idleTimeoutSeconds,
      connectTimeoutSeconds,
      ...followedRedirects,
    }),
  );
}
