/**
 * Which formats a stream is, before anybody claims one. Source: contract 14 §2 step 1.
 */
import type { FormatFinding, FormatInspector, InspectedFormat, KeptBytes } from './format-inspector.ts';
import { gptInspector } from './gpt.ts';
import { isoInspector } from './iso.ts';
import { luksInspector } from './luks.ts';
import { qcow2Inspector } from './qcow2.ts';
import { qedInspector } from './qed.ts';
import { rawInspector } from './raw.ts';
import { vdiInspector } from './vdi.ts';
import { vhdInspector } from './vhd.ts';
import { vhdxInspector } from './vhdx.ts';
import { vmdkInspector } from './vmdk.ts';

/** Every inspector but raw, which is what remains when none of them finds its format. */
export const formatInspectors: readonly FormatInspector[] = [
  qcow2Inspector,
  qedInspector,
  vhdInspector,
  vhdxInspector,
  vmdkInspector,
  vdiInspector,
  isoInspector,
  gptInspector,
  luksInspector,
];

export interface Recognition {
  /** One finding for each format whose signature is there; none means raw. */
  readonly findings: readonly FormatFinding[];
  readonly raw: FormatFinding;
  /** Formats whose inspector broke down instead of answering. */
  readonly brokenInspectors: readonly InspectedFormat[];
}

/** A recognised stream in one line, for callers without a claimed format. */
export interface DetectedImage {
  /** The format; the names of all in alphabetical order, joined by commas, when the stream looks like several. */
  readonly format: string;
  readonly virtualSizeBytes: bigint | null;
  /**
   * Failed safety checks of the format (contract 14 §3). Besides them: `incomplete`, the data end inside a header;
   * `multiple_formats`, the data look like several formats; `inspection`, an inspector broke down. Empty: harmless.
   */
  readonly failedChecks: readonly string[];
}

/** Lets every inspector look at the bytes. One that throws is noted, and does not keep the others from answering. */
export function recognise(image: KeptBytes, inspectors: readonly FormatInspector[] = formatInspectors): Recognition {
  const findings: FormatFinding[] = [];
  const brokenInspectors: InspectedFormat[] = [];
  for (const inspector of inspectors) {
    try {
      const finding = inspector.inspect(image);
      if (finding !== null) findings.push(finding);
    } catch {
      brokenInspectors.push(inspector.format);
    }
  }
  return { findings, raw: rawInspector.inspect(image), brokenInspectors };
}

/** Names of the formats found, in alphabetical order. */
export function formatNames(recognition: Recognition): string {
  return recognition.findings
    .map(({ format }) => format)
    .toSorted()
    .join(',');
}

/** The CD image of an image that is also a bootable disk; null for every other stream. */
export function hybridIso({ findings }: Recognition): FormatFinding | null {
  const isHybrid = findings.length === 2 && findings.some(({ format }) => format === 'gpt');
  return (isHybrid && findings.find(({ format }) => format === 'iso')) || null;
}

/** What the stream is, whatever it is claimed to be; a hybrid ISO is `iso`. */
export function describeImage(recognition: Recognition): DetectedImage {
  const { findings, raw } = recognition;
  const single = findings.length > 1 ? hybridIso(recognition) : (findings[0] ?? raw);
  if (recognition.brokenInspectors.length > 0) {
    return { format: formatNames(recognition) || 'raw', virtualSizeBytes: null, failedChecks: ['inspection'] };
  }
  if (single === null) {
    return { format: formatNames(recognition), virtualSizeBytes: null, failedChecks: ['multiple_formats'] };
  }
  const { format, virtualSizeBytes, complete, failedChecks } = single;
  return { format, virtualSizeBytes, failedChecks: complete ? failedChecks : ['incomplete'] };
}
