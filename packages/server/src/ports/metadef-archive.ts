/**
 * Loading, dumping and clearing metadata definitions as a whole, past policy and protection: what operators do.
 * Source: contract 09 §10.
 */
import type { LoadMode, NamespaceFile } from '../domain/metadefs/namespace-file.ts';

export interface MetadefArchive {
  /**
   * Brings one namespace in, whole or not at all. New rows have no time of change; new resource types are protected.
   * A part that a file names twice raises `conflict` where it is new.
   */
  load(file: NamespaceFile, mode: LoadMode, at: Date): Promise<LoadOutcome>;
  /** All namespaces, in row order, of one moment. */
  dump(): Promise<readonly NamespaceFile[]>;
  /** Removes every namespace, and every resource type too. Gives how many namespaces there were. */
  clear(): Promise<number>;
}

export type LoadOutcome = 'created' | 'skipped' | 'merged' | 'replaced';
