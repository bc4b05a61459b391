/** Tells of the stores. Source: contract 01 §10. */
import { notFound } from '../../domain/errors.ts';
import { emptyTarget } from '../../domain/policy/named-values.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { AttachedStore, ImageStores } from '../../ports/image-stores.ts';
import { authorize } from '../authorization.ts';
import type { ServiceParts } from '../service-parts.ts';

export function listStores({ stores }: Pick<ServiceParts, 'stores'>): readonly AttachedStore[] {
  requireStores(stores);
  return stores.attached;
}

export async function listStoresDetail(
  parts: Pick<ServiceParts, 'stores' | 'policy'>,
  context: RequestContext,
): Promise<readonly AttachedStore[]> {
  requireStores(parts.stores);
  await authorize(parts, context, { rule: 'stores_info_detail', target: emptyTarget });
  return parts.stores.attached;
}

function requireStores({ multiStore }: ImageStores): void {
  if (!multiStore) throw notFound('This service has one store, without an id.');
}
