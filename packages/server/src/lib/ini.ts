/**
 * Reads the INI dialect of OpenStack's services, exactly: what is a comment, what continues a value, which quotes are
 * dropped. It knows no option; values stay text.
 *
 * Messages never repeat a line's text, because a line may hold a password.
 *
 * Source: contract 11 §1.1
 */

export interface IniEntry {
  readonly key: string;
  /** Trimmed, without its pair of quotes; continuation lines are joined with a newline. */
  readonly value: string;
  /** Line of the key, counted from 1. */
  readonly line: number;
}

export interface IniSection {
  /** Lower case, except `DEFAULT`. */
  readonly name: string;
  /** Line of its first header. */
  readonly line: number;
  /** In file order, over all appearances of the section; a key may occur again. */
  readonly entries: readonly IniEntry[];
}

export interface IniProblem {
  readonly fileName: string;
  readonly line: number;
  readonly message: string;
}

export interface IniFile {
  readonly fileName: string;
  /** In order of first appearance, each name once. */
  readonly sections: readonly IniSection[];
  readonly problems: readonly IniProblem[];
}

interface OpenSection extends IniSection {
  readonly entries: IniEntry[];
}

interface OpenEntry {
  readonly key: string;
  readonly line: number;
  /** Null after an assignment outside any section, whose continuation lines belong to it all the same. */
  readonly section: OpenSection | null;
  readonly valueLines: string[];
}

interface Reader {
  readonly sections: Map<string, OpenSection>;
  section: OpenSection | null;
  entry: OpenEntry | null;
  report(line: number, message: string): void;
}

/**
 * Parses the text of one file. Every faulty line is reported, not only the first; what can be read is read.
 */
export function parseIni(text: string, fileName: string): IniFile {
  const problems: IniProblem[] = [];
  const reader: Reader = {
    sections: new Map(),
    section: null,
    entry: null,
    report: (line, message) => problems.push({ fileName, line, message }),
  };
  const withoutByteOrderMark = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const lines = withoutByteOrderMark.split(/\r\n|\r|\n/);
  lines.forEach((line, index) => readLine(reader, line.trimEnd(), index + 1));
  closeEntry(reader);
  return { fileName, sections: [...reader.sections.values()], problems };
}

function readLine(reader: Reader, line: string, lineNumber: number): void {
  if (line === '') {
    closeEntry(reader);
  } else if (line.startsWith(' ') || line.startsWith('\t')) {
    continueEntry(reader, line, lineNumber);
  } else {
    closeEntry(reader);
    if (line.startsWith('[')) openSection(reader, line, lineNumber);
    else if (!line.startsWith('#') && !line.startsWith(';')) openEntry(reader, line, lineNumber);
  }
}

function continueEntry(reader: Reader, line: string, lineNumber: number): void {
  if (reader.entry === null) {
    reader.report(lineNumber, 'an indented line continues a value, but no value stands directly above it');
    return;
  }
  reader.entry.valueLines.push(line.trimStart());
}

function openSection(reader: Reader, line: string, lineNumber: number): void {
  const name = line.slice(1, -1);
  if (!line.endsWith(']')) {
    reader.report(lineNumber, 'a section header must end with "]", and nothing may follow it');
    return;
  }
  if (name === '') {
    reader.report(lineNumber, 'a section needs a name between "[" and "]"');
    return;
  }
  const normalName = normalSectionName(name);
  const section = reader.sections.get(normalName) ?? { name: normalName, line: lineNumber, entries: [] };
  reader.sections.set(normalName, section);
  reader.section = section;
}

function openEntry(reader: Reader, line: string, lineNumber: number): void {
  const separatorAt = line.search(/[=:]/);
  if (separatorAt === -1) {
    reader.report(lineNumber, 'neither a section, a comment nor an assignment ("name = value")');
    return;
  }
  const key = line.slice(0, separatorAt).trim();
  if (key === '') {
    reader.report(lineNumber, 'an assignment needs a name before its "="');
    return;
  }
  if (reader.section === null)
    reader.report(lineNumber, 'an assignment must stand in a section, for example [DEFAULT]');
  const value = withoutQuotes(line.slice(separatorAt + 1).trim());
  reader.entry = { key, line: lineNumber, section: reader.section, valueLines: [value] };
}

function closeEntry(reader: Reader): void {
  const entry = reader.entry;
  if (entry === null) return;
  reader.entry = null;
  entry.section?.entries.push({ key: entry.key, value: entry.valueLines.join('\n'), line: entry.line });
}

/** `[Database]` and `[database]` are one section; `[default]` is another than `[DEFAULT]`. */
function normalSectionName(name: string): string {
  return name === 'DEFAULT' ? name : name.toLowerCase();
}

function withoutQuotes(value: string): string {
  const quote = value.charAt(0);
  const isQuoted = value.length >= 2 && (quote === '"' || quote === "'") && value.endsWith(quote);
  return isQuoted ? value.slice(1, -1) : value;
}
