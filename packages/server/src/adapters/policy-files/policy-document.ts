/**
 * One policy file: a mapping of rule names to rules, in YAML, of which JSON is a part.
 *
 * What is certainly a mistake is an error, which names the place; what Glance reads and is probably not meant is a
 * problem. Source: contract 10 §4.
 */
import { LineCounter, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Document, Scalar } from 'yaml';
import type { RuleSource } from '../../domain/policy/rule-parser.ts';

export interface PolicyDocument {
  readonly rules: ReadonlyMap<string, RuleSource>;
  /** The line of each rule, from 1: of one that stands more than once the last, of one that is merged that of the merge. */
  readonly lines: ReadonlyMap<string, number>;
  /** Each a sentence. */
  readonly problems: readonly string[];
}

/** Throws an Error whose message says what is wrong and where. */
export function parsePolicyDocument(text: string): PolicyDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { merge: true, uniqueKeys: false, prettyErrors: true, lineCounter });
  const [error] = document.errors;
  if (error !== undefined) throw new Error(firstLine(error.message), { cause: error });
  const problems = [...repeatedNames(document), ...denyBareExclamationMarks(document)];
  const [warning] = document.warnings;
  if (warning !== undefined) throw new Error(firstLine(warning.message), { cause: warning });
  const placed = linesOfKeys(document, lineCounter);
  const rules = readRules(document, placed, problems);
  const lines = new Map(Array.from(rules.keys(), (name) => [name, placed.get(name) ?? placed.get('<<') ?? 1]));
  return { rules, lines, problems };
}

function firstLine(message: string): string {
  return message.split('\n', 1).join('').replace(/:$/, '');
}

function repeatedNames(document: Document): readonly string[] {
  if (!isMap(document.contents)) return [];
  const names = document.contents.items.map((pair) => (isScalar(pair.key) ? String(pair.key.value) : ''));
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(repeated)].map((name) => `Rule \`${name}\` stands more than once; the last one counts.`);
}

/**
 * An exclamation mark without quotes is an empty tag in YAML, so that a rule meant to deny everybody would read as the
 * empty rule, which allows everybody. Here it denies.
 */
function denyBareExclamationMarks(document: Document): readonly string[] {
  let found = false;
  visit(document, {
    Scalar(_key, node: Scalar) {
      if (node.tag !== '!' || node.type !== 'PLAIN' || node.source !== '') return;
      node.value = '!';
      found = true;
    },
  });
  return found ? ['An exclamation mark stands without quotes; it is taken as "!", which denies.'] : [];
}

function linesOfKeys(document: Document, lineCounter: LineCounter): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  if (!isMap(document.contents)) return lines;
  for (const { key } of document.contents.items) {
    if (!isScalar(key) || key.range === undefined || key.range === null) continue;
    const { line } = lineCounter.linePos(key.range[0]);
    lines.set(typeof key.value === 'symbol' ? '<<' : String(key.value), line);
  }
  return lines;
}

function readRules(
  document: Document,
  lines: ReadonlyMap<string, number>,
  problems: string[],
): ReadonlyMap<string, RuleSource> {
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) return new Map();
  if (isSeq(document.contents) || !isMap(document.contents)) {
    throw new Error('it is not a mapping of rule names to rules');
  }
  const content: unknown = document.toJS({ mapAsMap: true, maxAliasCount: 100 });
  const rules = new Map<string, RuleSource>();
  if (!(content instanceof Map)) return rules;
  for (const [key, value] of content) {
    const name = String(key);
    if (value === null) problems.push(`Rule \`${name}\` is empty and so allows everybody; write "" if that is meant.`);
    rules.set(name, readRule(name, value, lines));
  }
  return rules;
}

function readRule(name: string, value: unknown, lines: ReadonlyMap<string, number>): RuleSource {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => isListItem(item))) return value;
  const line = lines.get(name);
  const place = line === undefined ? '' : ` at line ${line}`;
  throw new Error(`rule \`${name}\` is neither a text nor a list of texts${place}`);
}

function isListItem(item: unknown): item is string | string[] {
  return typeof item === 'string' || (Array.isArray(item) && item.every((each) => typeof each === 'string'));
}
