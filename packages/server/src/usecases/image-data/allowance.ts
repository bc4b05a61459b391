/** How many bytes one image may have. Source: contract 03 §1.3, 13 B. */
import { limitExceeded } from '../../domain/errors.ts';
import type { SizeLimit } from '../../domain/imports/archive-formats.ts';
import type { ServiceParts } from '../service-parts.ts';

/** Raises `limitExceeded` at once when it is known that there will be more. */
export function findAllowance({ limits }: Pick<ServiceParts, 'limits'>, expectedBytes: number | null): SizeLimit {
  const { sizeCapBytes: bytes } = limits;
  const exceeded = `The incoming image is too large: one image may have ${bytes} bytes.`;
  if (expectedBytes !== null && expectedBytes > bytes) throw limitExceeded(exceeded);
  return { bytes, exceeded };
}
