/**
 * The stores of the service, by their ids. Source: contract 05 §5, 01 §10.
 */
import type { ImageStore } from './image-store.ts';

export interface AttachedStore {
  /** As in `enabled_backends`; the kind where the service has one store without an id. */
  readonly id: string;
  /** Driver name as in `enabled_backends`: `file`, `http`. */
  readonly kind: string;
  /** For people; empty for none. */
  readonly description: string;
  /** Locations in heavier stores are read first. */
  readonly weight: number;
  /** A store that is only ever read: nothing is uploaded or imported to it. */
  readonly readOnly: boolean;
  /** What `/v2/info/stores/detail` tells of it, in wire names. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly store: ImageStore;
}

export interface ImageStores {
  /** Whether stores have ids that clients see (`enabled_backends`). */
  readonly multiStore: boolean;
  /** In configured order, without the reserved ones. */
  readonly attached: readonly AttachedStore[];
  /** Takes data when the client names no store. */
  readonly default: AttachedStore;
}
