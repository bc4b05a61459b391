/**
 * Decoders that are programs of the system: xz, bzip2 and lha. They read a pipe and write a pipe, and may write no file.
 */
import type { PackingFormat } from '../../../domain/imports/archive-formats.ts';
import { outsideFailure, startProgram } from '../limited-program.ts';
import type { ProgramEnd, SystemProgram } from '../limited-program.ts';
import { damaged, needsTooMuchMemory } from './damaged-data.ts';
import { pump } from './pump.ts';
import type { Decoding } from './pump.ts';

export type ProgramMethod = 'xz' | 'lzma' | 'bzip2' | 'lha';

interface ProgramDecoder {
  readonly program: SystemProgram;
  readonly args: readonly string[];
  readonly addressSpaceBytes: number;
}

const mebibyte = 1024 * 1024;
const xz: SystemProgram = { name: 'xz', debianPackage: 'xz-utils' };
const xzArguments = ['--decompress', '--stdout', '--threads=1', '--memlimit-decompress=128MiB'] as const;

const decoders: Readonly<Record<ProgramMethod, ProgramDecoder>> = {
  xz: { program: xz, args: [...xzArguments, '--format=xz'], addressSpaceBytes: 256 * mebibyte },
  lzma: { program: xz, args: [...xzArguments, '--format=lzma'], addressSpaceBytes: 256 * mebibyte },
  bzip2: {
    program: { name: 'bzip2', debianPackage: 'bzip2' },
    args: ['--decompress', '--stdout'],
    addressSpaceBytes: 64 * mebibyte,
  },
  lha: {
    program: { name: 'lha', debianPackage: 'lhasa' },
    // Print, quietly, what comes in by the pipe.
    args: ['pq', '-'],
    addressSpaceBytes: 64 * mebibyte,
  },
};

export interface ProgramDecoding extends Decoding {
  readonly searchPath: string;
  /** The format to name in errors. */
  readonly format: PackingFormat;
}

/** Unpacks the whole input; what the program does not understand of it is an error. */
export async function decodeWithProgram(method: ProgramMethod, decoding: ProgramDecoding): Promise<void> {
  const { program, args, addressSpaceBytes } = decoders[method];
  const limits = { addressSpaceBytes, fileBytes: 0, cpuSeconds: null, wallSeconds: null };
  const running = await startProgram({ program, args, limits, searchPath: decoding.searchPath });
  try {
    await pump(decoding, running);
  } catch (error) {
    running.kill();
    await running.ended.catch(() => undefined);
    throw error;
  }
  checkEnd(await running.ended, program.name, decoding.format);
}

function checkEnd(end: ProgramEnd, name: string, format: PackingFormat): void {
  // What it only warns of, data behind the end for example, would be lost without a word.
  if (end.exitCode === 0 && end.errorText === '') return;
  const stopped = outsideFailure(end, name);
  if (stopped !== null) throw stopped;
  if (/memory/i.test(end.errorText)) throw needsTooMuchMemory(format, end);
  throw damaged(format, end);
}
