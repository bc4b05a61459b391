/**
 * An image as clients see it: wire names, in Glance's order of keys, custom properties first.
 * Source: contract 02 §2.
 */
import type { Image } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { exactInteger } from '../../lib/raw-json.ts';

export interface ImageViewOptions {
  readonly showDirectUrl: boolean;
  /** Properties the image schema declares; of these alone null is shown as null. */
  readonly declaredProperties: ReadonlySet<string>;
}

/** Properties that are shared state between servers and never shown. */
const hiddenProperties = new Set(['os_glance_stage_host', 'os_glance_hash_op_host']);

export function imageView(
  image: Image,
  viewer: Pick<RequestContext, 'isAdmin'>,
  options: ImageViewOptions,
): Record<string, unknown> {
  const path = `/v2/images/${image.id}`;
  const shown = [...image.properties].filter(([name]) => !hiddenProperties.has(name));
  const properties = shown.map(([name, value]) => [name, value ?? (options.declaredProperties.has(name) ? null : '')]);
  // Where the data of a deactivated image are is as secret as the data.
  const showsPlace = options.showDirectUrl && (image.status !== 'deactivated' || viewer.isAdmin);
  const directUrl = showsPlace ? image.locations[0]?.url : undefined;
  return {
    // From entries, so that even `__proto__` is an ordinary member.
    ...Object.fromEntries(properties),
    name: image.name,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    visibility: image.visibility,
    size: image.sizeBytes,
    virtual_size: image.virtualSizeBytes === null ? null : exactInteger(image.virtualSizeBytes),
    status: image.status,
    checksum: image.checksum,
    protected: image.protected,
    min_ram: image.minRamMib,
    min_disk: image.minDiskGib,
    owner: image.owner,
    os_hidden: image.hidden,
    os_hash_algo: image.hashAlgorithm,
    os_hash_value: image.hashValue,
    id: image.id,
    created_at: wireTime(image.createdAt),
    updated_at: wireTime(image.updatedAt),
    ...(directUrl === undefined ? {} : { direct_url: directUrl }),
    tags: image.tags,
    self: path,
    file: `${path}/file`,
    schema: '/v2/schemas/image',
  };
}

/** `YYYY-MM-DDTHH:MM:SSZ`. */
export function wireTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
