/** Changes an image record by a patch: all of it or nothing. Source: contract 02 §4, 05 §2. */
import type { Image } from '../../domain/images/image.ts';
import { checkLocationOperation } from '../../domain/images/location-patch.ts';
import { sameLocations } from '../../domain/images/locations.ts';
import { PatchDraft, policiesOf } from '../../domain/images/patch-application.ts';
import { parsePatchDocument } from '../../domain/images/patch-document.ts';
import type { PatchDialect, PatchOperation } from '../../domain/images/patch-document.ts';
import { readableImage } from '../../domain/property-protections/property-rights.ts';
import type { PropertyRights } from '../../domain/property-protections/property-rights.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { authorizeOnImage } from '../authorization.ts';
import { applyLocationOperation, saveLocations } from '../locations/change.ts';
import { findPropertyRights } from '../property-rights.ts';
import type { ServiceParts } from '../service-parts.ts';
import { loadImage } from './load-image.ts';

type Parts = Pick<
  ServiceParts,
  | 'images'
  | 'work'
  | 'scrub'
  | 'stores'
  | 'policy'
  | 'protections'
  | 'limits'
  | 'projectLimits'
  | 'locations'
  | 'data'
  | 'imageSchema'
  | 'clock'
  | 'ids'
  | 'report'
>;

export interface UpdateInput {
  readonly imageId: string;
  readonly dialect: PatchDialect;
  readonly document: unknown;
  /** Raises when the image is not in the state the client wants it to be in; the save checks it again. */
  readonly precondition: ((image: Image) => void) | null;
}

export async function updateImage(parts: Parts, context: RequestContext, input: UpdateInput): Promise<Image> {
  const operations = parsePatchDocument(input.dialect, input.document, (name, value) =>
    parts.imageSchema.value(name, value),
  );
  const image = await loadImage(parts, context, input.imageId);
  const rights = await findPropertyRights(parts, context);
  input.precondition?.(readableImage(image, rights));
  if (operations.length === 0) return readableImage(image, rights);
  const changed = await applyPatch(parts, context, { image, operations, rights });
  const onlyIfUnchanged = input.precondition !== null;
  if (sameLocations(image.locations, changed.locations)) {
    return readableImage(await parts.images.update(image, changed, { onlyIfUnchanged, quotas: parts.limits }), rights);
  }
  const saved = await saveLocations(parts, context, { before: image, after: changed, onlyIfUnchanged });
  return readableImage(saved, rights);
}

interface Patch {
  readonly image: Image;
  readonly operations: readonly PatchOperation[];
  readonly rights: PropertyRights;
}

/** The image as it is to be saved; nothing is written. Each operation is checked on what those before it left. */
async function applyPatch(parts: Parts, context: RequestContext, { image, operations, rights }: Patch): Promise<Image> {
  const draft = new PatchDraft(image, { ...parts.limits, isAdmin: context.isAdmin, rights });
  for (const operation of operations) {
    if (operation.target === 'locations') checkLocationOperation(operation);
    await authorizeOnImage(parts, context, { rules: policiesOf(operation), image });
    if (operation.target !== 'locations') draft.apply(operation);
    else draft.relocate(await applyLocationOperation(parts, draft.current(), operation));
  }
  return { ...draft.finish(), updatedAt: parts.clock.now() };
}
