/**
 * The inspection of one image while its bytes stream by: observe every chunk, then ask for the verdict.
 * Source: contract 14 §1, §6.
 *
 * Nothing is decided before the last byte, and nothing an image contains makes a call fail.
 */
import { describeImage, formatInspectors, recognise } from './recognition.ts';
import type { DetectedImage } from './recognition.ts';
import { StreamWindows } from './stream-windows.ts';
import { judge } from './verdict.ts';
import type { InspectionPolicy, InspectionVerdict } from './verdict.ts';

export type { DetectedImage, InspectionPolicy, InspectionVerdict };

export interface StreamInspection {
  /**
   * Takes the next bytes, cut in any way. What is kept is copied, so the buffer may be reused at once. Costs constant
   * time a chunk once the headers went by.
   */
  observe(chunk: Uint8Array): void;
  /** The verdict on data that claims to be `diskFormat`; for after the last byte. */
  conclude(diskFormat: string, policy: InspectionPolicy): InspectionVerdict;
  /** What the data is, whatever it is claimed to be; for after the last byte. */
  detect(): DetectedImage;
  /** Bytes of memory this inspection holds, never above 1.5 MiB. */
  readonly retainedBytes: number;
}

export function startInspection(): StreamInspection {
  const windows = new StreamWindows(formatInspectors);
  return {
    observe: (chunk) => windows.observe(chunk),
    conclude: (diskFormat, policy) => judge(recognise(windows), diskFormat, policy),
    detect: () => describeImage(recognise(windows)),
    get retainedBytes() {
      return windows.retainedBytes;
    },
  };
}
