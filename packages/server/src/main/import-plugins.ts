/** Makes the plugins an operator switched on. */
import { openImageConverter } from '../adapters/import-plugins/conversion/image-converter.ts';
import { openDataUnpacker } from '../adapters/import-plugins/unpacking/data-unpacker.ts';
import type { ImportSettings } from '../config/settings.ts';
import type { ImportPlugin } from '../usecases/imports/import-plugin.ts';
import { conversion, decompression, propertyInjection } from '../usecases/imports/plugins.ts';

/** In the order in which they run. */
export function importPlugins(imports: ImportSettings, searchPath: string): readonly ImportPlugin[] {
  const made: Readonly<Record<ImportSettings['plugins'][number], () => ImportPlugin | null>> = {
    no_op: () => null,
    inject_image_metadata: () => propertyInjection(imports.injection),
    image_decompression: () => decompression(openDataUnpacker({ searchPath }), imports.maxUnpackRatio),
    image_conversion: () => conversion(openImageConverter({ searchPath }), imports.conversion),
  };
  return imports.plugins.flatMap((name) => made[name]() ?? []);
}
