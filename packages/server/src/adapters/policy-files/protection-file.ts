/** Loads the file that protects custom properties, once, at start. Source: contract 10 §7; 11 §2. */
import { readFileSync } from 'node:fs';
import { ImageServiceError } from '../../domain/errors.ts';
import { readProtections } from '../../domain/property-protections/property-protections.ts';
import type {
  PropertyProtections,
  ProtectionFormat,
  ProtectionProblem,
} from '../../domain/property-protections/property-protections.ts';
import { findPath } from './file-search.ts';
import { parseProtectionDocument } from './protection-document.ts';
import { reasonOf } from './unreadable-files.ts';

export interface ProtectionFileOptions {
  /** Absolute, or looked for in `searchDirectories`. */
  readonly file: string;
  readonly searchDirectories: readonly string[];
  readonly format: ProtectionFormat;
}

/** Raises `internal` when the file is missing, cannot be read or is wrong; the message has each place and reason. */
export function loadPropertyProtections(options: ProtectionFileOptions): PropertyProtections {
  const path = findPath(options.file, options.searchDirectories);
  if (path === null) {
    const places = [...options.searchDirectories].join(', ');
    throw new ImageServiceError(
      'internal',
      `The property protection file ${options.file} is nowhere${places === '' ? '' : ` in ${places}`}.`,
    );
  }
  const document = parseProtectionDocument(readText(path));
  const sections = readProtections(document.sections, options.format);
  const problems = [...document.problems, ...('problems' in sections ? sections.problems : [])];
  if ('protections' in sections && problems.length === 0) return sections.protections;
  throw new ImageServiceError('internal', describe(path, problems));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ImageServiceError(
      'internal',
      `The property protection file ${path} cannot be used: ${reasonOf(cause)}.`,
      {
        cause,
      },
    );
  }
}

function describe(path: string, problems: readonly ProtectionProblem[]): string {
  const lines = problems
    .toSorted((one, other) => one.line - other.line)
    .map(({ line, message }) => `  ${path}:${line}: ${message}.`);
  return ['The property protection file cannot be used:', ...lines].join('\n');
}
