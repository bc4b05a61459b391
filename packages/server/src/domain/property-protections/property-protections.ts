/**
 * Who may create, read, change and remove which custom property: the sections of the operator's file, of which the
 * first that is found in a name decides. What no section is found in is nobody's. Source: contract 10 §7, 02 §12.
 */
import { readNamePattern } from './name-pattern.ts';
import type { NamePattern } from './name-pattern.ts';

export const propertyActions = ['create', 'read', 'update', 'delete'] as const;
export type PropertyAction = (typeof propertyActions)[number];

/** Whether requirements name roles or a policy rule. */
export type ProtectionFormat = 'roles' | 'policies';

export type Requirement =
  | { readonly kind: 'everybody' }
  | { readonly kind: 'nobody' }
  /** One of them, in lower case. */
  | { readonly kind: 'roles'; readonly roles: ReadonlySet<string> }
  | { readonly kind: 'policy'; readonly rule: string };

export interface ProtectionSection {
  readonly pattern: NamePattern;
  readonly requirements: Readonly<Record<PropertyAction, Requirement>>;
}

/** A section as the file has it. */
export interface SectionSource {
  readonly name: string;
  readonly line: number;
  readonly entries: ReadonlyMap<string, { readonly value: string; readonly line: number }>;
}

export interface ProtectionProblem {
  readonly line: number;
  /** A sentence without its period. */
  readonly message: string;
}

/** Names whose section is remembered. They come from users: there is no end of them, nor one to their length. */
const mostRemembered = 1000;
const longestRemembered = 255;

export class PropertyProtections {
  /** In file order. */
  readonly sections: readonly ProtectionSection[];
  readonly #remembered = new Map<string, ProtectionSection | null>();

  constructor(sections: readonly ProtectionSection[]) {
    this.sections = sections;
  }

  /** The rules that requirements name, each once. */
  policies(): ReadonlySet<string> {
    const requirements = this.sections.flatMap((section) => Object.values(section.requirements));
    return new Set(requirements.flatMap((requirement) => (requirement.kind === 'policy' ? [requirement.rule] : [])));
  }

  /** The section that decides about the property; null when none is found in its name. */
  sectionOf(name: string): ProtectionSection | null {
    const remembered = this.#remembered.get(name);
    if (remembered !== undefined) return remembered;
    const section = this.sections.find(({ pattern }) => pattern.isFoundIn(name)) ?? null;
    if (name.length > longestRemembered) return section;
    if (this.#remembered.size >= mostRemembered) this.#remembered.clear();
    this.#remembered.set(name, section);
    return section;
  }
}

/** All sections, or all that is wrong with them. Sections for the service's own properties are passed over. */
export function readProtections(
  sources: readonly SectionSource[],
  format: ProtectionFormat,
): { readonly protections: PropertyProtections } | { readonly problems: readonly ProtectionProblem[] } {
  const problems: ProtectionProblem[] = [];
  const sections: ProtectionSection[] = [];
  for (const source of sources.filter(({ name }) => !name.startsWith('os_glance'))) {
    const read = readNamePattern(source.name);
    const requirements = readRequirements(source, format, problems);
    if ('pattern' in read) sections.push({ pattern: read.pattern, requirements });
    else problems.push({ line: source.line, message: `the pattern [${source.name}] cannot be used: ${read.problem}` });
  }
  return problems.length === 0 ? { protections: new PropertyProtections(sections) } : { problems };
}

function readRequirements(
  source: SectionSource,
  format: ProtectionFormat,
  problems: ProtectionProblem[],
): ProtectionSection['requirements'] {
  function read(action: PropertyAction): Requirement {
    const entry = source.entries.get(action);
    const requirement = entry === undefined ? missing(source, action) : readRequirement(entry.value, format);
    if (!('problem' in requirement)) return requirement;
    problems.push({ line: entry?.line ?? source.line, message: `[${source.name}] ${requirement.problem}` });
    return { kind: 'nobody' };
  }
  return { create: read('create'), read: read('read'), update: read('update'), delete: read('delete') };
}

function missing({ entries }: SectionSource, action: PropertyAction): { readonly problem: string } {
  const given = propertyActions.filter((each) => entries.has(each));
  return { problem: `needs ${action}; it has ${given.length === 0 ? 'none of the four' : given.join(', ')}` };
}

function readRequirement(value: string, format: ProtectionFormat): Requirement | { readonly problem: string } {
  if (value.includes('%')) return { problem: 'has a percent sign in a value, which cannot be part of a name here' };
  const names = value.split(',').map((name) => name.trim());
  if (value.trim() === '') return { kind: 'nobody' };
  if (format === 'policies')
    return names.length === 1 ? readPolicy(value.trim()) : { problem: 'names more than one policy' };
  if (names.includes('@') && names.includes('!')) return { problem: 'says both @, everybody, and !, nobody' };
  if (names.includes('!')) return { kind: 'nobody' };
  if (names.includes('@')) return { kind: 'everybody' };
  return { kind: 'roles', roles: new Set(names.map((name) => name.toLowerCase())) };
}

function readPolicy(rule: string): Requirement {
  if (rule === '@') return { kind: 'everybody' };
  return rule === '!' ? { kind: 'nobody' } : { kind: 'policy', rule };
}
