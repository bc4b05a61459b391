/**
 * Describes and converts images with `qemu-img`, which is told the format and never guesses it.
 * Source: contract 04 §7 (2 s of processor time and 1 GiB of address space for `info`), 14 §7.
 */
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { badRequest, ImageServiceError, limitExceeded } from '../../../domain/errors.ts';
import type { ConvertRequest, ImageConverter } from '../../../ports/image-converter.ts';
import { outsideFailure, startProgram } from '../limited-program.ts';
import type { ProgramEnd, ProgramLimits, SystemProgram } from '../limited-program.ts';
import { qemuNameOf, readDescription } from './image-description.ts';

export interface ImageConverterOptions {
  /** Folders that are searched for programs, as in the environment variable `PATH`. */
  readonly searchPath: string;
  /** Time a conversion gets. Absent: five minutes, and as much again for every three GiB of the disk. */
  readonly time?: { readonly baseSeconds: number; readonly secondsPerGib: number };
}

const qemuImg: SystemProgram = { name: 'qemu-img', debianPackage: 'qemu-utils' };
const gibibyte = 1024 ** 3;
const inspectionLimits: ProgramLimits = {
  addressSpaceBytes: gibibyte,
  fileBytes: 0,
  cpuSeconds: 2,
  // The processor time is the limit that counts; this one is for a disk that does not answer.
  wallSeconds: 60,
};
/** It maps about 30 MiB and a stack of 8 MiB for each of up to 64 threads. */
const conversionAddressSpaceBytes = 2 * gibibyte;
const maxDescriptionBytes = 1024 * 1024;

export function openImageConverter(options: ImageConverterOptions): ImageConverter {
  const { searchPath, time = { baseSeconds: 300, secondsPerGib: 100 } } = options;
  return {
    async inspect({ path, diskFormat, signal }) {
      const args = ['info', '-f', qemuNameOf(diskFormat), '--output=json', '--', path];
      const { end, output } = await runToEnd({ args, limits: inspectionLimits, searchPath, signal });
      if (end.exitCode !== 0) throw inspectionFailure(end);
      try {
        return readDescription(output, path);
      } catch (cause) {
        throw badRequest('qemu-img does not understand the image.', cause);
      }
    },

    async convert(request) {
      const { inputPath, inputFormat, outputPath, outputFormat, signal } = request;
      const { virtualSizeBytes, maximum } = request;
      if (outputFormat === 'raw' && Number(virtualSizeBytes) > maximum.bytes) throw limitExceeded(maximum.exceeded);
      const args = ['convert', '-f', qemuNameOf(inputFormat), '-O', outputFormat, '--', inputPath, outputPath];
      const limits = conversionLimits(request, time);
      try {
        const { end } = await runToEnd({ args, limits, searchPath, signal });
        if (end.exitCode !== 0) throw conversionFailure(end, request);
      } catch (error) {
        await rm(outputPath, { force: true });
        throw error;
      }
    },
  };
}

function conversionLimits(
  { virtualSizeBytes, maximum }: ConvertRequest,
  { baseSeconds, secondsPerGib }: NonNullable<ImageConverterOptions['time']>,
): ProgramLimits {
  const gib = Math.min(Number(virtualSizeBytes), maximum.bytes) / gibibyte;
  const seconds = Math.ceil(baseSeconds + gib * secondsPerGib);
  return {
    addressSpaceBytes: conversionAddressSpaceBytes,
    fileBytes: maximum.bytes,
    cpuSeconds: seconds,
    wallSeconds: seconds,
  };
}

interface QemuImgRun {
  readonly args: readonly string[];
  readonly limits: ProgramLimits;
  readonly searchPath: string;
  readonly signal: AbortSignal | undefined;
}

interface QemuImgResult {
  readonly end: ProgramEnd;
  readonly output: string;
}

async function runToEnd({ args, limits, searchPath, signal }: QemuImgRun): Promise<QemuImgResult> {
  signal?.throwIfAborted();
  const running = await startProgram({ program: qemuImg, args, limits, searchPath });
  running.input.end();
  const kill = (): void => running.kill();
  signal?.addEventListener('abort', kill);
  // It may have been aborted while the program was being looked for.
  if (signal?.aborted === true) kill();
  try {
    const [output, end] = await Promise.all([readStart(running.output), running.ended]);
    signal?.throwIfAborted();
    return { end, output };
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

/** Reads everything and keeps as much as a description can have. */
async function readStart(output: Readable): Promise<string> {
  const pieces: Uint8Array[] = [];
  let keptBytes = 0;
  try {
    // No encoding is set, so chunks are bytes.
    for await (const piece of output as AsyncIterable<Uint8Array>) {
      if (keptBytes > maxDescriptionBytes) continue;
      pieces.push(piece);
      keptBytes += piece.byteLength;
    }
  } catch {
    // Cut off when its time was up; how it ended is told elsewhere.
  }
  return Buffer.concat(pieces).toString('utf8');
}

function inspectionFailure(end: ProgramEnd): ImageServiceError {
  if (end.outOfTime) return badRequest('The image is so intricate that qemu-img gave it up.', end);
  return outsideFailure(end, qemuImg.name) ?? badRequest('qemu-img cannot read the image; it is damaged.', end);
}

function conversionFailure(end: ProgramEnd, { maximum, inputFormat }: ConvertRequest): ImageServiceError {
  if (end.outOfTime) return badRequest('The conversion of the image took too long and was given up.', end);
  if (end.signal === 'SIGXFSZ' || /File too large/.test(end.errorText)) return limitExceeded(maximum.exceeded);
  if (/No space left|Disk quota exceeded/.test(end.errorText)) {
    return new ImageServiceError('unavailable', 'There is no room for the converted image.', { cause: end });
  }
  const stopped = outsideFailure(end, qemuImg.name);
  if (stopped !== null) return stopped;
  return badRequest(`qemu-img cannot convert the ${inputFormat} image; it is damaged.`, end);
}
