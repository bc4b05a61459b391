/** Stores as clients see them. Source: contract 01 §10. */
import type { StoreDetailView, StoreView } from '@lucarne/contract/wire.ts';
import type { AttachedStore, ImageStores } from '../../ports/image-stores.ts';

export function storeView(attached: AttachedStore, stores: ImageStores): StoreView {
  return {
    id: attached.id,
    ...(attached.description === '' ? {} : { description: attached.description }),
    ...(attached.id === stores.default.id ? { default: 'true' } : {}),
    ...(attached.readOnly ? { 'read-only': 'true' } : {}),
  };
}

export function storeDetailView(attached: AttachedStore, stores: ImageStores): StoreDetailView {
  const { kind, weight, properties } = attached;
  return { ...storeView(attached, stores), type: kind, weight, properties };
}
