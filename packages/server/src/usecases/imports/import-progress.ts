/**
 * How far an import is, as the row of its work keeps it for whoever goes on with it.
 */
import type { PropertyGrants } from '../../domain/property-protections/property-rights.ts';
import { storesOfTask } from '../../domain/tasks/import-task.ts';
import type { Task } from '../../domain/tasks/task.ts';
import type { ImageStores } from '../../ports/image-stores.ts';
import type { ImageWork, Leftover } from '../../ports/image-work-repository.ts';

export interface ImportProgress {
  /** Roles of who asked for the import; plugins look at them. */
  readonly roles: readonly string[];
  /** What they let them do with custom properties; null where none is protected. */
  readonly grants: PropertyGrants | null;
  /** Ids under which data were written so far. */
  readonly attempts: readonly string[];
  /** The data are complete in the staging area of `node`. */
  readonly staged: boolean;
  /** URL of the node that has the staged data; null while none does, and where nodes have no URLs. */
  readonly node: string | null;
  /** Plugins that are done. */
  readonly plugins: number;
  /** Stage of the staging area that is about to become the staged file. */
  readonly promoting: string | null;
  /** Every store has the data, or was given up; the staged data are not needed any more. */
  readonly filled: boolean;
  /** URLs of locations that were there before the import; it takes none of them back. */
  readonly kept: readonly string[];
  /** Formats of the image before plugins changed them; null until the import has begun. */
  readonly formats: { readonly disk: string; readonly container: string } | null;
  /** What stores would not let go of; it is removed when they do. */
  readonly leftovers: readonly Leftover[];
  /** Set when the import has failed and what it did is being undone. */
  readonly failure: ImportFailure | null;
}

export interface ImportFailure {
  /** For people. */
  readonly message: string;
  /** Ids of stores that count as failed. */
  readonly stores: readonly string[];
  /** The staged data stay, so that the import can be tried again. */
  readonly keepsStaged: boolean;
}

export function newProgress(roles: readonly string[], grants: PropertyGrants | null = null): ImportProgress {
  return {
    roles,
    grants,
    attempts: [],
    staged: false,
    node: null,
    plugins: 0,
    promoting: null,
    filled: false,
    kept: [],
    formats: null,
    leftovers: [],
    failure: null,
  };
}

export function formatProgress(progress: ImportProgress): string {
  return JSON.stringify(progress);
}

/** Only this service writes the column, and only by `formatProgress`. */
export function parseProgress(text: string | null): ImportProgress {
  return text === null ? newProgress([]) : { ...newProgress([]), ...(JSON.parse(text) as ImportProgress) };
}

/** All that an import may have left in its stores. */
export function leftoversOf(
  { stores }: { readonly stores: ImageStores },
  task: Task,
  work: ImageWork,
): readonly Leftover[] {
  const { attempts } = parseProgress(work.progress);
  if (attempts.length === 0) return [];
  const ids = stores.multiStore ? storesOfTask(task) : [stores.default.id];
  return ids.map((storeId) => ({ storeId, attemptIds: attempts, urls: [] }));
}
