/** Writing the same data to several stores with one reading of them. */
import type { ObjectWriter, StoredObject } from '../../ports/image-store.ts';
import type { AttachedStore } from '../../ports/image-stores.ts';

/** Stores that could not be filled, for the reason in `cause`. */
export class StoreFailure extends Error {
  readonly stores: readonly string[];

  constructor(stores: readonly string[], cause: unknown) {
    super(`The data could not be put in ${stores.join(', ')}.`, { cause });
    this.name = 'StoreFailure';
    this.stores = stores;
  }
}

export interface StoreWriters {
  /** Writes to all of them that have not failed. Raises `StoreFailure` when none is left, or when all must succeed. */
  readonly all: ObjectWriter;
  /** Commits one after the other; gives those that have the data now. */
  commit(): Promise<readonly { readonly attached: AttachedStore; readonly object: StoredObject }[]>;
  failed(): readonly { readonly attached: AttachedStore; readonly failure: StoreFailure }[];
}

interface Attempt {
  readonly imageId: string;
  readonly attemptId: string;
  readonly expectedBytes: number;
}

export function openStoreWriters(
  targets: readonly AttachedStore[],
  { imageId, attemptId, expectedBytes }: Attempt,
  allMustSucceed: boolean,
): StoreWriters {
  const writers = targets.map((attached) => ({
    attached,
    writer: attached.store.write(imageId, attemptId, expectedBytes),
  }));
  const failures = new Map<AttachedStore, StoreFailure>();

  function alive() {
    return writers.filter(({ attached }) => !failures.has(attached));
  }

  /** Does it with every store that has not failed. */
  async function onEach(act: (writer: ObjectWriter) => Promise<void>): Promise<void> {
    await Promise.all(
      alive().map(async ({ attached, writer }) => {
        try {
          await act(writer);
        } catch (error) {
          fail(attached, error);
          // What it holds, such as room on a full disk, is given back before the others are done.
          await writer.abort();
        }
      }),
    );
    raiseWhenHopeless();
  }

  function fail(attached: AttachedStore, reason: unknown): void {
    failures.set(attached, new StoreFailure([attached.id], reason));
  }

  function raiseWhenHopeless(): void {
    const [first] = failures.values();
    if (first === undefined) return;
    if (allMustSucceed) throw first;
    if (failures.size === writers.length)
      throw new StoreFailure(
        targets.map(({ id }) => id),
        first.cause,
      );
  }

  return {
    failed: () => [...failures].map(([attached, failure]) => ({ attached, failure })),
    all: {
      open: () => onEach((writer) => writer.open()),
      write: (chunk) => onEach((writer) => writer.write(chunk)),
      commit: () => Promise.reject(new Error('Several objects are committed together.')),
      async abort() {
        await Promise.all(writers.map(({ writer }) => writer.abort()));
      },
    },
    async commit() {
      const stored: { attached: AttachedStore; object: StoredObject }[] = [];
      for (const { attached, writer } of alive()) {
        try {
          stored.push({ attached, object: await writer.commit() });
        } catch (error) {
          fail(attached, error);
          await writer.abort();
        }
      }
      raiseWhenHopeless();
      return stored;
    },
  };
}
