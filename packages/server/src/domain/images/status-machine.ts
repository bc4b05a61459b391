/**
 * The life cycle of an image: which status may follow which. Source: contract 02 §8.
 * `killed` is entered by no operation any more, but rows of older releases carry it.
 */
import { imageStatuses } from '@lucarne/contract/image-attributes.ts';
import type { ImageStatus } from '@lucarne/contract/image-attributes.ts';
import { badRequest, conflict } from '../errors.ts';
import type { Image } from './image.ts';

const statusTransitions: Readonly<Record<ImageStatus, readonly ImageStatus[]>> = {
  queued: ['saving', 'uploading', 'importing', 'active', 'deleted'],
  saving: ['active', 'killed', 'deleted', 'queued'],
  uploading: ['importing', 'queued', 'deleted'],
  importing: ['active', 'deleted', 'queued'],
  active: ['pending_delete', 'deleted', 'deactivated'],
  killed: ['deleted'],
  deleted: [],
  pending_delete: ['deleted', 'active'],
  deactivated: ['active', 'deleted'],
};

export function mayBecome(from: ImageStatus, to: ImageStatus): boolean {
  return statusTransitions[from].includes(to);
}

/** The statuses a compare-and-set to `to` may start from. */
export function statusesBefore(to: ImageStatus): readonly ImageStatus[] {
  return imageStatuses.filter((from) => mayBecome(from, to));
}

/**
 * Refuses a step the life cycle does not have with 409, and then, with 400, a step on the way to data for an image
 * whose formats are not both set.
 */
export function checkTransition(
  image: Pick<Image, 'status' | 'diskFormat' | 'containerFormat'>,
  to: ImageStatus,
): void {
  if (!mayBecome(image.status, to)) {
    throw conflict(`An image in status ${image.status} cannot become ${to}.`);
  }
  if (!requiresFormats(image.status, to)) return;
  const missing: string[] = [];
  if (image.diskFormat === null) missing.push('disk_format');
  if (image.containerFormat === null) missing.push('container_format');
  if (missing.length > 0) {
    throw badRequest(`An image needs ${missing.join(' and ')} to become ${to}.`);
  }
}

function requiresFormats(from: ImageStatus, to: ImageStatus): boolean {
  return (from === 'queued' || from === 'uploading') && (to === 'saving' || to === 'importing' || to === 'active');
}
