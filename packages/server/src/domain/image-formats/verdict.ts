/**
 * Whether data may become an image of the claimed `disk_format`, and how large the disk inside is.
 * Source: contract 14 §2, §5.
 */
import { formatNames, hybridIso, formatInspectors } from './recognition.ts';
import type { FormatFinding } from './format-inspector.ts';
import type { Recognition } from './recognition.ts';

export interface InspectionPolicy {
  /** Refuse data that is not of the claimed format. When false such data is accepted with a warning. */
  readonly requireFormatMatch: boolean;
  /** Checks of a partition table (`mbr`) whose failure is only worth a warning. */
  readonly gptSafetyChecksNonfatal: readonly string[];
}

/** `detected` lists several formats by commas, in alphabetical order. Texts are public and say what can be done. */
export type InspectionVerdict =
  | { accepted: true; detected: string; virtualSizeBytes: bigint | null; warning: string | null }
  | { accepted: false; detected: string | null; reason: string };

/** The largest size the signed 64-bit column holds. */
const largestVirtualSizeBytes = 2n ** 63n - 1n;

/** What the owner of the data can do about a failed check, by its name (contract 14 §3). */
const checkAdvice: Readonly<Record<string, string>> = {
  backing_file: 'it depends on a backing file; flatten it with "qemu-img convert"',
  data_file: 'it keeps its data in another file; make one file of it with "qemu-img convert"',
  unknown_features: 'it uses a version or features of qcow2 that cannot be checked; rewrite it with "qemu-img convert"',
  banned: 'this format is not allowed; turn it into qcow2 with "qemu-img convert"',
  descriptor:
    'its descriptor is missing, damaged, or makes the disk of other files; ' +
    'rewrite it with "qemu-img convert -O vmdk -o subformat=streamOptimized"',
  footer: 'its footer contradicts its header; export the disk again',
  mbr: 'its partition table is damaged or empty; repair the table',
  version: 'only version 1 of LUKS can be checked; use "cryptsetup luksFormat --type luks1"',
};

function adviceOn(failedChecks: readonly string[]): string {
  return failedChecks.map((check) => `${check}: ${checkAdvice[check] ?? 'failed'}`).join('. ');
}

function isInspected(diskFormat: string): boolean {
  return diskFormat === 'raw' || formatInspectors.some(({ format }) => format === diskFormat);
}

function refuse(detected: string | null, reason: string): InspectionVerdict {
  return { accepted: false, detected, reason };
}

interface Mismatch {
  readonly detected: string;
  readonly virtualSizeBytes: bigint | null;
  readonly reason: string;
}

/** A contradiction between claim and data: refused, or with a lenient policy told. */
function mismatch({ detected, virtualSizeBytes, reason }: Mismatch, policy: InspectionPolicy): InspectionVerdict {
  if (policy.requireFormatMatch) return refuse(detected, reason);
  return { accepted: true, detected, virtualSizeBytes, warning: reason };
}

/** The one format the data has in the light of the claim; null when it looks like several. */
function singleFinding(recognition: Recognition, diskFormat: string): FormatFinding | null {
  const { findings, raw } = recognition;
  if (findings.length > 1) return diskFormat === 'raw' ? null : hybridIso(recognition);
  return findings[0] ?? raw;
}

function severalFormats(recognition: Recognition): Mismatch {
  const detected = formatNames(recognition);
  return {
    detected,
    virtualSizeBytes: null,
    reason:
      `The data looks like several disk formats at once (${detected}). ` +
      (hybridIso(recognition) === null
        ? 'Upload data that is of one format only.'
        : 'This is a hybrid ISO: set disk_format to iso.'),
  };
}

function otherFormat(detected: string, diskFormat: string): Mismatch {
  return {
    detected,
    virtualSizeBytes: null,
    reason:
      detected === 'raw'
        ? `The data has no ${diskFormat} header, but disk_format is ${diskFormat}. ` +
          (diskFormat === 'vhd'
            ? 'Upload a dynamic VHD; a fixed one, whose header is at its end, can be uploaded as raw.'
            : `Upload data of the format ${diskFormat}, or set disk_format to raw if the data is a plain disk.`)
        : `The data is ${detected}, but disk_format is ${diskFormat}. ` +
          `Set disk_format to ${detected}, or upload data of the format ${diskFormat}.`,
  };
}

/** The verdict on what was recognised in data that claims to be `diskFormat`. */
export function judge(recognition: Recognition, diskFormat: string, policy: InspectionPolicy): InspectionVerdict {
  if (recognition.brokenInspectors.length > 0 && policy.requireFormatMatch) {
    return refuse(null, 'The format of the data could not be determined. Report this image to the operator.');
  }
  const finding = singleFinding(recognition, diskFormat);
  if (finding === null) return mismatch(severalFormats(recognition), policy);
  const detected = finding.format;
  if (detected === diskFormat) return judgeSafety(finding, { virtualSizeBytes: finding.virtualSizeBytes }, policy);
  if (detected === 'raw' && !isInspected(diskFormat)) {
    return { accepted: true, detected, virtualSizeBytes: null, warning: null };
  }
  if (diskFormat !== 'raw') return mismatch(otherFormat(detected, diskFormat), policy);
  const warning = `The data is ${detected}, but disk_format is raw: it is kept and used as a raw disk.`;
  return judgeSafety(finding, { virtualSizeBytes: recognition.raw.virtualSizeBytes, warning }, policy);
}

interface AgreedClaim {
  readonly virtualSizeBytes: bigint | null;
  readonly warning?: string;
}

/** The safety of data whose format agrees with its claim. */
function judgeSafety(finding: FormatFinding, claim: AgreedClaim, policy: InspectionPolicy): InspectionVerdict {
  const { format: detected, failedChecks } = finding;
  const { virtualSizeBytes, warning = null } = claim;
  if (virtualSizeBytes !== null && virtualSizeBytes > largestVirtualSizeBytes) {
    const reason =
      `The ${detected} header claims a virtual size of ${virtualSizeBytes} bytes, more than a disk can have ` +
      `(${largestVirtualSizeBytes}). Upload an image whose header is intact.`;
    return refuse(detected, reason);
  }
  if (!finding.complete) {
    const reason =
      `The data begins like ${detected} but ends before that format can be checked. ` +
      'Upload the whole file; it may have been cut off.';
    return mismatch({ detected, virtualSizeBytes, reason }, policy);
  }
  if (failedChecks.length === 0) return { accepted: true, detected, virtualSizeBytes, warning };
  const reason = `The ${detected} data failed safety checks. ${adviceOn(failedChecks)}.`;
  const isTolerated =
    detected === 'gpt' && failedChecks.every((check) => policy.gptSafetyChecksNonfatal.includes(check));
  if (!isTolerated) return refuse(detected, reason);
  return { accepted: true, detected, virtualSizeBytes, warning: warning === null ? reason : `${warning} ${reason}` };
}
