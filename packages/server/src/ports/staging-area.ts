/**
 * Where data waits for an import: files of this node, one image at a time in each. Source: contract 11 §3, 04 §5.
 *
 * The file of image X is `<folder>/X`, as Glance names it; the outcome of a plugin is `<folder>/X.<stage>`. A name is
 * there only when the file is complete and on disk. Errors: as those of `ImageStore`.
 */
import type { ObjectReader, ObjectWriter } from './image-store.ts';

/** Which of the files of an image: the one that was staged (null), or what a plugin made of it. */
export interface StagedFile {
  readonly imageId: string;
  /** A word of letters, digits and dashes. */
  readonly stage: string | null;
}

export interface StagingArea {
  /** Path for programs that work on files; says nothing about whether the file is there. */
  pathOf(file: StagedFile): string;
  /** Writes a file; `attemptId` names the attempt, as in `ImageStore.write`. A file of that name is replaced. */
  write(file: StagedFile, attemptId: string): ObjectWriter;
  /** Opens a file; `notFound` when there is none. */
  read(file: StagedFile): Promise<ObjectReader>;
  /** Bytes of a file, or null when there is none. */
  sizeOf(file: StagedFile): Promise<number | null>;
  /**
   * Makes the outcome of a stage (of ours or of a program that wrote to `pathOf`) the staged file in place of the one
   * before: fsync, rename, fsync of the folder. `notFound` when there is none.
   */
  promote(imageId: string, stage: string): Promise<void>;
  /**
   * Removes all files of an image, whatever their stage, temporary ones too. Without effect when there is none. `isHeld`
   * says whether nobody else can be at work on the image; asked before each file, false raises `gone`.
   */
  removeAll(imageId: string, isHeld?: () => boolean): Promise<void>;
  /** Removes one file; without effect when there is none. */
  remove(file: StagedFile): Promise<void>;
  /** When a file of the image, temporary ones too, was last written; null when it has none here. */
  lastWritten(imageId: string): Promise<Date | null>;
  /** Ids of images that have any file here; files whose name does not begin with an image id are not looked at. */
  listImages(): Promise<readonly string[]>;
}
