/**
 * The text of a property protection file, in the dialect of Python's configparser, which is not that of the other
 * configuration files: the names of sections keep their case and may hold brackets, names of keys do not keep theirs, and
 * nothing may stand twice. Source: contract 10 §7.
 */
import type { ProtectionProblem, SectionSource } from '../../domain/property-protections/property-protections.ts';

export interface ProtectionDocument {
  /** In file order. */
  readonly sections: readonly SectionSource[];
  readonly problems: readonly ProtectionProblem[];
}

interface OpenEntry {
  readonly lines: string[];
  readonly line: number;
}

interface OpenSection {
  readonly name: string;
  readonly line: number;
  readonly entries: Map<string, OpenEntry>;
}

/** The section whose entries hold for all that do not have them. */
const commonSection = 'DEFAULT';

export function parseProtectionDocument(text: string): ProtectionDocument {
  const reading = new Reading();
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|[\n\r]/);
  for (const [index, line] of lines.entries()) reading.readLine(line, index + 1);
  return reading.outcome();
}

class Reading {
  readonly #sections = new Map<string, OpenSection>();
  readonly #problems: ProtectionProblem[] = [];
  #section: OpenSection | null = null;
  #entry: OpenEntry | null = null;
  /** How far the line of the entry is indented; what goes further belongs to it. */
  #indent = Number.POSITIVE_INFINITY;

  readLine(text: string, line: number): void {
    const content = text.trim();
    if (content.startsWith('#') || content.startsWith(';')) return;
    if (content === '') return;
    const indent = text.length - text.trimStart().length;
    if (this.#entry !== null && indent > this.#indent) {
      this.#entry.lines.push(content);
      return;
    }
    this.#indent = indent;
    const [, header] = /^\[(.+)\]/.exec(content) ?? [];
    if (header === undefined) this.#openEntry(content, line);
    else this.#openSection(header, line);
  }

  outcome(): ProtectionDocument {
    const common = this.#sections.get(commonSection)?.entries ?? new Map<string, OpenEntry>();
    const sections = [...this.#sections.values()].filter(({ name }) => name !== commonSection);
    return {
      sections: sections.map(({ name, line, entries }) => ({
        name,
        line,
        entries: new Map(
          [...common, ...entries].map(([key, entry]) => [key, { value: entry.lines.join('\n'), line: entry.line }]),
        ),
      })),
      problems: this.#problems,
    };
  }

  #openSection(name: string, line: number): void {
    if (this.#sections.has(name) && name !== commonSection) {
      this.#problems.push({ line, message: `the section [${name}] stands a second time` });
    }
    this.#section = { name, line, entries: this.#sections.get(name)?.entries ?? new Map<string, OpenEntry>() };
    this.#sections.set(name, this.#section);
    this.#entry = null;
  }

  #openEntry(content: string, line: number): void {
    this.#entry = { lines: [], line };
    const [, key, value] = /^([^=:]*?)\s*[=:]\s*(.*)$/.exec(content) ?? [];
    if (key === undefined || value === undefined || key === '') {
      this.#problems.push({ line, message: 'the line is neither a section in brackets nor a key and its value' });
      return;
    }
    if (this.#section === null) {
      this.#problems.push({ line, message: 'the line stands before any section' });
      return;
    }
    const name = key.toLowerCase();
    if (this.#section.entries.has(name)) {
      this.#problems.push({ line, message: `[${this.#section.name}] has ${name} a second time` });
    }
    this.#entry.lines.push(value);
    this.#section.entries.set(name, this.#entry);
  }
}
