/** A step between fetching data and storing them, and what it works with. Source: contract 04 §7. */
import type { Image } from '../../domain/images/image.ts';
import type { SizeLimit } from '../../domain/imports/archive-formats.ts';
import type { ImageStep } from '../../ports/image-change.ts';
import type { ObjectWriter } from '../../ports/image-store.ts';
import type { StagingArea } from '../../ports/staging-area.ts';

export interface PluginWork {
  /** A UUID; names the attempt at writing files. */
  readonly attemptId: string;
  /** Roles of who asked for the import. */
  readonly roles: readonly string[];
  readonly staging: StagingArea;
  /** Names of safety checks that partition tables may fail. */
  readonly gptSafetyChecksNonfatal: readonly string[];
  /** Aborted when there is no point in going on. */
  readonly signal: AbortSignal;
  /** The image as it is now; it is in importing. */
  image(): Promise<Image>;
  /** How large the image may be. */
  allowance(): SizeLimit;
  /** A writer to the staging area that has room for whatever comes. What exceeds the limits of a project is `limitExceeded`. */
  reserving(writer: ObjectWriter): Promise<ObjectWriter>;
  /** How large a file may become that could have so many bytes. */
  reserve(mostBytes: number): Promise<SizeLimit>;
  /** What becomes of the image once the plugin has done its work; may be said once. */
  changeImage(step: ImageStep): void;
  /** Makes sure that nobody else works on the import. Raises when somebody does. */
  confirm(): Promise<void>;
}

/**
 * Works on the staged file of an import; may also write to its image. Gives the stage of the staging area its outcome
 * is in, or null when the staged file stays as it is. What it raises fails the import.
 */
export type ImportPlugin = (work: PluginWork) => Promise<string | null>;
