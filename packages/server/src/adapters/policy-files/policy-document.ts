/**
 * One policy file: a mapping of rule names to rules, in YAML, of which JSON is a part.
 *
 * What is certainly a mistake is an error, which names the place; what Glance reads and is probably not meant is a
 * problem. Source: contract 10 §4.
 */
import { isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Document, Scalar } from 'yaml';
import type { RuleSource } from '../../domain/policy/rule-parser.ts';

export interface PolicyDocument {
  readonly rules: ReadonlyMap<string, RuleSource>;
  /** Each a sentence. */
  readonly problems: readonly string[];
}

/** Throws an Error whose message says what is wrong and where. */
export function parsePolicyDocument(text: string): PolicyDocument {
  const document = parseDocument(text, { merge: true, uniqueKeys: false, prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) throw new Error(firstLine(error.message), { cause: error });
  const problems = [...repeatedNames(document), ...denyBareExclamationMarks(document)];
  const [warning] = document.warnings;
  if (warning !== undefined) throw new Error(firstLine(warning.message), { cause: warning });
  return { rules: readRules(document, problems), problems };
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

function readRules(document: Document, problems: string[]): ReadonlyMap<string, RuleSource> {
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
    rules.set(name, readRule(name, value));
  }
  return rules;
}

function readRule(name: string, value: unknown): RuleSource {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => isListItem(item))) return value;
  throw new Error(`rule \`${name}\` is neither a text nor a list of texts`);
}

function isListItem(item: unknown): item is string | string[] {
  return typeof item === 'string' || (Array.isArray(item) && item.every((each) => typeof each === 'string'));
}
