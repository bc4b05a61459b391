/** Opens what imports fetch data through. */
import { openWebSource } from '../adapters/web/web-source.ts';
import type { Settings } from '../config/settings.ts';
import type { WebSource } from '../ports/web-source.ts';

/** For a name, a connection and TLS together. */
export const connectTimeoutSeconds = 30;

const maxRedirects = 10;

export function openImportSource({ imports }: Settings): WebSource {
  return openWebSource({
    filter: imports.filter,
    allowedHosts: imports.filter.allowedHosts,
    allowedAddressRanges: imports.allowedAddressRanges,
    caFile: imports.downloads.caFile,
    insecure: false,
    proxy: imports.downloads.proxy,
    idleTimeoutSeconds: imports.downloads.idleTimeoutSeconds,
    connectTimeoutSeconds,
    maxRedirects,
  });
}
