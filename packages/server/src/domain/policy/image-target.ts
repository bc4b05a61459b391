/**
 * What policy rules can know about an image, under its wire names. Source: contract 10 §4.2.
 *
 * Invariant: attributes hide custom properties of the same name, so nobody becomes the owner of an image by giving it
 * a property `project_id`.
 */
import type { Image } from '../images/image.ts';
import type { RequestContext } from '../request-context.ts';
import type { PolicyTarget } from './named-values.ts';

type Attribute = (image: Image) => unknown;

/** Without `locations`: rules cannot look at where the data are. */
const attributes: ReadonlyMap<string, Attribute> = new Map<string, Attribute>([
  ['id', (image) => image.id],
  ['image_id', (image) => image.id],
  ['name', (image) => image.name],
  ['status', (image) => image.status],
  ['visibility', (image) => image.visibility],
  ['protected', (image) => image.protected],
  ['os_hidden', (image) => image.hidden],
  ['owner', (image) => image.owner],
  ['project_id', (image) => image.owner],
  ['disk_format', (image) => image.diskFormat],
  ['container_format', (image) => image.containerFormat],
  ['min_disk', (image) => image.minDiskGib],
  ['min_ram', (image) => image.minRamMib],
  ['size', (image) => image.sizeBytes],
  ['virtual_size', (image) => image.virtualSizeBytes],
  ['checksum', (image) => image.checksum],
  ['os_hash_algo', (image) => image.hashAlgorithm],
  ['os_hash_value', (image) => image.hashValue],
  ['created_at', (image) => image.createdAt],
  ['updated_at', (image) => image.updatedAt],
  ['tags', (image) => image.tags],
]);

type Caller = Pick<RequestContext, 'projectId'>;

/** An image that exists. Looks values up when asked and copies nothing. */
export function imageTarget(image: Image, caller: Caller): PolicyTarget {
  return {
    get(name) {
      if (name === 'member_id') return memberIdOf(image, caller);
      const attribute = attributes.get(name);
      return attribute === undefined ? image.properties.get(name) : attribute(image);
    },
    keys: () => new Set([...attributes.keys(), 'member_id', ...image.properties.keys()]),
  };
}

/**
 * The project through which the caller sees the image as a member. That a membership exists is not asked: the
 * database shows nobody a foreign shared image without one.
 */
function memberIdOf(image: Image, caller: Caller): string | null {
  return image.visibility === 'shared' && image.owner !== caller.projectId ? caller.projectId : null;
}

/** An image that is to be created. `owner` and `visibility` as requested, null when the request names none. */
export function newImageTarget(
  requested: { readonly owner: string | null; readonly visibility: string | null },
  caller: Caller,
): PolicyTarget {
  const owner = requested.owner ?? caller.projectId;
  return new Map([
    ['project_id', owner],
    ['owner', owner],
    ['visibility', requested.visibility ?? 'private'],
  ]);
}

/** The list of images, and of everything else that belongs to a project: what is acted upon is the caller's own. */
export function callerProjectTarget(caller: Caller): PolicyTarget {
  return new Map([['project_id', caller.projectId]]);
}
