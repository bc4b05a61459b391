/**
 * Takes an image out of use for everybody but administrators, and back. Both are idempotent; any other status than
 * the two refuses with `forbidden`. Source: contract 02 §7.
 */
import { forbidden } from '../../domain/errors.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { authorizeOnImage } from '../authorization.ts';
import type { ServiceParts } from '../service-parts.ts';
import { loadImage } from './load-image.ts';

type Parts = Pick<ServiceParts, 'images' | 'policy' | 'clock'>;

export function deactivateImage(parts: Parts, context: RequestContext, imageId: string): Promise<void> {
  return changeActivation(parts, context, { imageId, rule: 'deactivate', from: 'active', to: 'deactivated' });
}

export function reactivateImage(parts: Parts, context: RequestContext, imageId: string): Promise<void> {
  return changeActivation(parts, context, { imageId, rule: 'reactivate', from: 'deactivated', to: 'active' });
}

interface ActivationChange {
  readonly imageId: string;
  readonly rule: string;
  readonly from: 'active' | 'deactivated';
  readonly to: 'active' | 'deactivated';
}

async function changeActivation(parts: Parts, context: RequestContext, change: ActivationChange): Promise<void> {
  const image = await loadImage(parts, context, change.imageId);
  await authorizeOnImage(parts, context, { rules: [change.rule], image });
  if (image.status === change.to) return;
  const changed = await parts.images.changeStatus(image.id, { from: [change.from], to: change.to }, parts.clock.now());
  if (changed) return;
  // Somebody else may have been faster, or the status was never one of the two.
  const { status } = await loadImage(parts, context, change.imageId);
  if (status === change.to) return;
  throw forbidden(`Image ${image.id} is ${status}; only a ${change.from} image can become ${change.to}.`);
}
