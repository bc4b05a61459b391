/**
 * The reference documents: what five deployments published about their API. They are kept as they were found; tests
 * take their requests and their JSON from the text.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type ReferenceDocumentName = 'conoha' | 'huawei' | 'mitaka' | 'glance-parameters' | 'ustack';

export function referenceDocument(name: ReferenceDocumentName): string {
  return readFileSync(join(import.meta.dirname, 'reference-documents', `${name}.txt`), 'utf8');
}

/** The JSON objects that begin on a line of their own, in order. */
export function jsonObjectsOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  const objects: Readonly<Record<string, unknown>>[] = [];
  const beginning = /^[ \t]*\{/gm;
  for (let match = beginning.exec(text); match !== null; match = beginning.exec(text)) {
    const start = beginning.lastIndex - 1;
    const end = endOfObject(text, start);
    objects.push(JSON.parse(text.slice(start, end)));
    beginning.lastIndex = end;
  }
  return objects;
}

/** Where the object that begins at `start` is over. */
function endOfObject(text: string, start: number): number {
  // Strings are taken whole, so that braces in them do not count.
  const token = /"(?:[^"\\]|\\.)*"|[{}]/g;
  token.lastIndex = start;
  let depth = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === '{') depth += 1;
    if (match[0] === '}') depth -= 1;
    if (depth === 0) return token.lastIndex;
  }
  throw new Error('The document has an object without an end.');
}

/** A request as written for curl. */
export interface DocumentedRequest {
  readonly method: string;
  /** With its placeholders, such as `{image_id}`. */
  readonly path: string;
  /** Without the token. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export function curlRequestsOf(text: string): readonly DocumentedRequest[] {
  const commands = text.split(/^ *curl /m).slice(1);
  return commands.map((command) => {
    const headers = [...command.matchAll(/-H "([^":]+): ([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]);
    return {
      method: /-X (\w+)/.exec(command)?.[1] ?? '',
      path: /https:\/\/[^/]+(\/[^\s`]*)/.exec(command)?.[1] ?? '',
      headers: Object.fromEntries(headers.filter(([name]) => name !== 'X-Auth-Token')),
      body: /-d '([^']*)'/.exec(command)?.[1],
    };
  });
}

/** The value a header has in an answer that is shown with its headers. */
export function documentedHeader(text: string, name: string): string {
  const value = new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`The document shows no header ${name}.`);
  return value;
}
