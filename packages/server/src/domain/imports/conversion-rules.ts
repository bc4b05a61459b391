/**
 * Which data may be handed to `qemu-img`, and what may come out (plugin image_conversion). Source: contract 04 §7, 14 §7.
 *
 * `qemu-img` opens files that images name, so it sees an image only after our own inspection of the bytes, and its own
 * description is checked once more before it converts.
 */
import { badRequest } from '../errors.ts';
import type { DetectedImage, InspectionVerdict } from '../image-formats/stream-inspection.ts';
import { quoteForMessage } from '../text-rules.ts';

/** Formats `qemu-img` may be asked to open, as `disk_format` names them. */
const convertibleFormats = ['raw', 'qcow2', 'vhd', 'vhdx', 'vmdk', 'vdi'] as const;
export type ConvertibleFormat = (typeof convertibleFormats)[number];
export type ConversionTarget = 'raw' | 'qcow2' | 'vmdk';

/** What `qemu-img info` tells of a file. */
export interface ImageFileDescription {
  /** As `disk_format` names it, where that is another name than `qemu-img` has. */
  readonly format: string;
  readonly virtualSizeBytes: bigint;
  readonly backingFile: string | null;
  /** File outside the image in which a qcow2 keeps its data. */
  readonly dataFile: string | null;
  /** Subtype of a vmdk, exactly as its descriptor says it. */
  readonly vmdkCreateType: string | null;
  /** Files other than the image itself of which a vmdk is made. */
  readonly otherFiles: readonly string[];
  readonly encrypted: boolean;
}

export interface ClaimedImage {
  readonly diskFormat: string;
  /** Of an inspection of all its bytes that insists on the claimed format (`requireFormatMatch`). */
  readonly verdict: InspectionVerdict;
}

/**
 * The format under which `qemu-img` may open the data, or `iso`, which is left as it is. Anything it must not touch
 * raises `badRequest`.
 */
export function checkConversionInput({ diskFormat, verdict }: ClaimedImage): ConvertibleFormat | 'iso' {
  if (!verdict.accepted) throw badRequest(`The data cannot be converted. ${verdict.reason}`);
  const detected = plainDisk(verdict.detected);
  if (detected !== diskFormat) {
    throw badRequest(
      `The data are ${detected}, but disk_format is ${quoteForMessage(diskFormat)}: they cannot be converted. ` +
        'Set disk_format to what the data are.',
    );
  }
  if (detected === 'iso') return 'iso';
  const format = convertibleFormats.find((known) => known === detected);
  if (format !== undefined) return format;
  throw badRequest(`Images of disk_format ${quoteForMessage(diskFormat)} cannot be converted.`);
}

export interface DescribedImage {
  readonly diskFormat: ConvertibleFormat;
  readonly description: ImageFileDescription;
  /** Subtypes in the spelling of descriptors; none allows no vmdk at all. */
  readonly vmdkAllowedTypes: readonly string[];
}

/** Raises `badRequest` for an image that is another one to `qemu-img` than to us, or that leads to other files. */
export function checkDescription({ diskFormat, description, vmdkAllowedTypes }: DescribedImage): void {
  const { format, backingFile, dataFile, vmdkCreateType, otherFiles, encrypted } = description;
  if (format !== diskFormat) {
    throw badRequest(`The data are ${diskFormat}, but qemu-img takes them for ${quoteForMessage(format)}.`);
  }
  if (backingFile !== null) {
    throw badRequest('The image depends on a backing file. Flatten it with "qemu-img convert".');
  }
  if (dataFile !== null || otherFiles.length > 0) {
    throw badRequest('The image keeps its data in other files. Make one file of it with "qemu-img convert".');
  }
  if (encrypted) throw badRequest('The image is encrypted: without its secret it cannot be converted.');
  if (diskFormat !== 'vmdk' || (vmdkCreateType !== null && vmdkAllowedTypes.includes(vmdkCreateType))) return;
  const allowed = vmdkAllowedTypes.length === 0 ? 'no vmdk is' : `only ${vmdkAllowedTypes.join(', ')} are`;
  throw badRequest(`A vmdk of type ${quoteForMessage(vmdkCreateType ?? 'unknown')} is not allowed here; ${allowed}.`);
}

/** Raises `badRequest` unless the outcome of a conversion is harmless and of the target format; a plain disk may have partitions. */
export function checkConversionOutput(target: ConversionTarget, detected: DetectedImage): void {
  const format = plainDisk(detected.format);
  if (format !== target) {
    throw badRequest(`The converted data look like ${detected.format} instead of ${target}.`);
  }
  // A partition table that is none is the guest's affair: whether it is accepted is decided when the data are stored.
  if (detected.format !== 'gpt' && detected.failedChecks.length > 0) {
    throw badRequest(`The converted ${target} data failed safety checks: ${detected.failedChecks.join(', ')}.`);
  }
}

/** A disk with a partition table is a plain disk to whoever converts it. */
function plainDisk(detected: string): string {
  return detected === 'gpt' ? 'raw' : detected;
}
