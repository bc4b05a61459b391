/** Property protections for tests, as tables. */
import { propertyActions, readProtections } from './property-protections.ts';
import type { PropertyProtections, ProtectionFormat, SectionSource } from './property-protections.ts';

/** What the four keys of a section say: create, read, update, delete. */
export type ProtectionRow = readonly [create: string, read: string, update: string, delete_: string];
export type ProtectionRows = Readonly<Record<string, ProtectionRow>>;

/** Sections as a file would have them, four lines below each header. */
export function sectionsOf(rows: ProtectionRows): readonly SectionSource[] {
  return Object.entries(rows).map(([name, row], index) => ({
    name,
    line: index * 5 + 1,
    entries: new Map(propertyActions.map((action, at) => [action, { value: row[at] ?? '', line: index * 5 + at + 2 }])),
  }));
}

export function protectionsOf(rows: ProtectionRows, format: ProtectionFormat = 'roles'): PropertyProtections {
  const read = readProtections(sectionsOf(rows), format);
  if ('problems' in read) throw new Error(read.problems.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return read.protections;
}
