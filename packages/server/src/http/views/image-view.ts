/**
 * An image as clients see it: wire names, in Glance's order of keys, custom properties first.
 * Source: contract 02 §2.
 */
import type { Image, ImageLocation } from '../../domain/images/image.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { exactInteger } from '../../lib/raw-json.ts';
import type { ImageProfile } from './image-profile.ts';

/** Where data of an image are. */
export interface ImagePlace {
  readonly location: ImageLocation;
  /** Id of the store; null where stores have none, or when it is none of the service's. */
  readonly storeId: string | null;
}

export interface ImageViewOptions {
  readonly showDirectUrl: boolean;
  readonly showLocations: boolean;
  /** Places of an image in the order in which they are read. */
  readonly placesOf: (image: Image) => readonly ImagePlace[];
  /** Response headers of a created image that tell what the service offers. */
  readonly offerHeaders: Readonly<Record<string, string>>;
  /** Properties the image schema declares; of these alone null is shown as null. */
  readonly declaredProperties: ReadonlySet<string>;
  /** The deployment to look like; null shows everything. */
  readonly profile?: ImageProfile | null;
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
  const showsPlaces = image.status !== 'deactivated' || viewer.isAdmin;
  const places = showsPlaces ? options.placesOf(image) : [];
  const stores = places.flatMap(({ storeId }) => (storeId === null ? [] : [storeId]));
  const directUrl = options.showDirectUrl ? places[0]?.location.url : undefined;
  const view = {
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
    ...(options.showLocations ? { locations: places.map(({ location }) => location) } : {}),
    ...(directUrl === undefined ? {} : { direct_url: directUrl }),
    tags: image.tags,
    self: path,
    file: `${path}/file`,
    schema: '/v2/schemas/image',
    ...(stores.length === 0 ? {} : { stores: stores.join(',') }),
  };
  const profile = options.profile ?? null;
  return profile === null ? view : profile.show(view);
}

/** `YYYY-MM-DDTHH:MM:SSZ`. */
export function wireTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
