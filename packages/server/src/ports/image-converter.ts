/**
 * Describing and converting disk images in files. Source: contract 04 §7, 14 §7.
 *
 * Nothing is guessed: the caller says which format a file has, after `checkConversionInput` found it harmless.
 * Errors: `badRequest`, the image is damaged or takes too long; `limitExceeded`, the outcome is too large;
 * `unavailable`, the program that does it is not installed or was stopped from outside, or there is no room.
 */
import type { SizeLimit } from '../domain/imports/archive-formats.ts';
import type { ConversionTarget, ConvertibleFormat, ImageFileDescription } from '../domain/imports/conversion-rules.ts';

export interface InspectRequest {
  /** Absolute. */
  readonly path: string;
  readonly diskFormat: ConvertibleFormat;
  /** Stops the work; its reason is raised. */
  readonly signal?: AbortSignal;
}

export interface ConvertRequest {
  /** Absolute. */
  readonly inputPath: string;
  readonly inputFormat: ConvertibleFormat;
  /** As `inspect` found it; time is allowed in proportion. */
  readonly virtualSizeBytes: bigint;
  /** Absolute; what is there is replaced. */
  readonly outputPath: string;
  readonly outputFormat: ConversionTarget;
  /** Bound on the size of the output; that of a raw disk is its virtual size. */
  readonly maximum: SizeLimit;
  /** Stops the work; its reason is raised. */
  readonly signal?: AbortSignal;
}

export interface ImageConverter {
  /** What a file says of itself, without following it to other files. */
  inspect(request: InspectRequest): Promise<ImageFileDescription>;
  /** Writes the same disk in another format. The output is not yet on disk when this resolves; after an error there is none. */
  convert(request: ConvertRequest): Promise<void>;
}
