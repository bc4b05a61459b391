/** Changes an image record by a patch: all of it or nothing. Source: contract 02 §4. */
import type { Image } from '../../domain/images/image.ts';
import { PatchDraft, policiesOf } from '../../domain/images/patch-application.ts';
import { parsePatchDocument } from '../../domain/images/patch-document.ts';
import type { PatchDialect } from '../../domain/images/patch-document.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { authorizeOnImage } from '../authorization.ts';
import type { ServiceParts } from '../service-parts.ts';
import { loadImage } from './load-image.ts';

type Parts = Pick<ServiceParts, 'images' | 'policy' | 'limits' | 'imageSchema' | 'clock'>;

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
  input.precondition?.(image);
  if (operations.length === 0) return image;
  const draft = new PatchDraft(image, { ...parts.limits, isAdmin: context.isAdmin });
  for (const operation of operations) {
    await authorizeOnImage(parts, context, { rules: policiesOf(operation), image });
    draft.apply(operation);
  }
  const changed = { ...draft.finish(), updatedAt: parts.clock.now() };
  return parts.images.update(image, changed, { onlyIfUnchanged: input.precondition !== null });
}
