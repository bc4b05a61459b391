/**
 * Decides when two services gave the same answer.
 *
 * Contract: status, headers, the JSON document, and the shape of an error body. Not contract, and made equal before
 * comparing: sentences of error messages, description texts of schemas, generated ids and request ids, times, the
 * host in absolute links, the folder a service keeps its data in, white space and key order of JSON, the order of tags.
 */
import type { Answer } from './play.ts';

export interface Difference {
  /** `status`, `header <name>` or `body <JSON pointer>`. */
  readonly at: string;
  readonly glance: unknown;
  readonly lucarne: unknown;
}

export interface ComparableAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Headers of the connection and the clock: they say nothing about the Image API. */
const ignoredHeaders = new Set(['connection', 'date', 'keep-alive', 'server', 'transfer-encoding']);

/**
 * Headers the product adds to Glance's answers on purpose; they may be there or not. (Glance names the request id only
 * once a caller is known, we on every answer.)
 */
const productHeaders: ReadonlySet<string> = new Set([
  'accept-ranges',
  'cache-control',
  'content-security-policy',
  'etag',
  'last-modified',
  'referrer-policy',
  'x-content-type-options',
  'x-frame-options',
  'x-openstack-request-id',
]);

/**
 * What Glance sends with a 204 though there is nothing to describe, and HTTP forbids a length there (RFC 9110 §8.6). May be
 * missing.
 */
const headersOfNothing: ReadonlyMap<string, string> = new Map([
  ['content-length', '0'],
  ['content-type', 'text/html; charset=UTF-8'],
]);

const uuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const generatedRequestId = /^req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const time = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|\.\d{6}\b)/g;
/** The folder of a service under test, from the root of the file system on. */
const serviceFolder = /(?:\/[^/\s]+)*?\/(?:glance-oracle|lucarne-differential)-\w{6}(?=\/)/g;
/** Members that hold a time as a number of seconds (contract 08 §2). */
const timesInSeconds: ReadonlySet<string> = new Set(['last_accessed', 'last_modified']);

/**
 * Remembers the ids one service gave out, and renames them after the request whose answer showed them first. One per
 * service and scenario: ids are alike on both sides when they come from the same place.
 */
export class IdNames {
  readonly #names = new Map<string, string>();
  #request = '';
  #inRequest = 0;

  /** From now on new ids come from the answer to this request. */
  enter(request: string): void {
    this.#request = request;
    this.#inRequest = 0;
  }

  rename(text: string): string {
    return text.replace(uuid, (id) => {
      const known = this.#names.get(id);
      if (known !== undefined) return known;
      this.#inRequest += 1;
      const name = `<id ${this.#inRequest} of ${this.#request}>`;
      this.#names.set(id, name);
      return name;
    });
  }
}

/** What of an answer to this request is contract, in a form that is equal on two services that behave alike. */
export function comparable(request: string, answer: Answer, ids: IdNames): ComparableAnswer {
  const headers: Record<string, string> = {};
  const isError = answer.status >= 400;
  const isJson = (answer.headers['content-type'] ?? '').startsWith('application/json');
  for (const [name, value] of Object.entries(answer.headers)) {
    if (ignoredHeaders.has(name)) continue;
    // Error texts and JSON white space decide the length of these bodies, and neither is contract.
    if (name === 'content-length' && (isError || isJson)) continue;
    headers[name] = comparableHeader(name, value, ids);
  }
  return { status: answer.status, headers, body: comparableBody(request, answer, ids) };
}

/** The places where two answers differ; a different status makes the rest incomparable and stands alone. */
export function differences(glance: ComparableAnswer, lucarne: ComparableAnswer): Difference[] {
  if (glance.status !== lucarne.status) return [{ at: 'status', glance: glance.status, lucarne: lucarne.status }];
  return [...headerDifferences(glance, lucarne), ...bodyDifferences('', glance.body, lucarne.body)];
}

function comparableHeader(name: string, value: string, ids: IdNames): string {
  if (name === 'x-openstack-request-id' && generatedRequestId.test(value)) return '<generated>';
  return ids.rename(withoutPlace(value));
}

function withoutPlace(text: string): string {
  return text.replace(/\bhttp:\/\/127\.0\.0\.1:\d+/g, 'http://<host>').replace(serviceFolder, '<folder>');
}

function comparableBody(request: string, answer: Answer, ids: IdNames): unknown {
  const type = answer.headers['content-type'] ?? '';
  const text = answer.body.toString();
  if (answer.body.length === 0) return '';
  if (type.startsWith('application/json')) return comparableJson(request, answer, ids);
  if (answer.status >= 300 && type.startsWith('text/html')) return { title: /<title>([^<]*)<\/title>/.exec(text)?.[1] };
  if (answer.status >= 300 && type.startsWith('text/plain')) return { firstLine: text.split('\n')[0] };
  return answer.body.toString('latin1');
}

function comparableJson(request: string, answer: Answer, ids: IdNames): unknown {
  let document: unknown;
  try {
    document = JSON.parse(answer.body.toString());
  } catch {
    return 'not JSON';
  }
  return comparableValue(document, answer.status >= 400 ? 'message' : sentenceMember(request), ids);
}

/** The member that holds a sentence of the service in the answers to such a request; null when all text is data. */
function sentenceMember(request: string): string | null {
  if (/\/schemas\/|\/info\/import/.test(request)) return 'description';
  return /\/tasks\b/.test(request) ? 'message' : null;
}

/** `textMember` names the member that holds a sentence in this kind of document. */
function comparableValue(value: unknown, textMember: string | null, ids: IdNames): unknown {
  if (typeof value === 'string') return ids.rename(withoutPlace(value)).replace(time, '<time>');
  if (Array.isArray(value)) return value.map((item) => comparableValue(item, textMember, ids));
  if (value === null || typeof value !== 'object') return value;
  const members: Record<string, unknown> = Object.create(null);
  // In the order of their names: ids are numbered as they come, and the order of members says nothing.
  for (const [name, member] of Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    if (name === textMember && typeof member === 'string') members[name] = comparableSentence(member, value);
    else members[name] = comparableMember(name, comparableValue(member, textMember, ids));
  }
  return members;
}

/** That something is said counts, what is said does not. Of a success nothing has to be: Glance leaves its last progress. */
function comparableSentence(sentence: string, document: object): string {
  return sentence === '' && Reflect.get(document, 'status') !== 'success' ? '' : '<text>';
}

function comparableMember(name: string, value: unknown): unknown {
  if (timesInSeconds.has(name) && typeof value === 'number') return '<time>';
  const isTagSet = name === 'tags' && Array.isArray(value) && value.every((tag) => typeof tag === 'string');
  return isTagSet ? value.toSorted() : value;
}

function headerDifferences(glance: ComparableAnswer, lucarne: ComparableAnswer): Difference[] {
  const found: Difference[] = [];
  for (const name of new Set([...Object.keys(glance.headers), ...Object.keys(lucarne.headers)])) {
    const [theirs, ours] = [glance.headers[name], lucarne.headers[name]];
    if (theirs === ours) continue;
    if (theirs === undefined && productHeaders.has(name)) continue;
    if (ours === undefined && glance.status === 204 && headersOfNothing.get(name) === theirs) continue;
    found.push({ at: `header ${name}`, glance: theirs, lucarne: ours });
  }
  return found;
}

function bodyDifferences(pointer: string, glance: unknown, lucarne: unknown): Difference[] {
  if (Object.is(glance, lucarne)) return [];
  if (!isContainer(glance) || !isContainer(lucarne) || Array.isArray(glance) !== Array.isArray(lucarne)) {
    return [{ at: `body ${pointer}`.trim(), glance, lucarne }];
  }
  const names = new Set([...Object.keys(glance), ...Object.keys(lucarne)]);
  return [...names].flatMap((name) => bodyDifferences(`${pointer}/${name}`, glance[name], lucarne[name]));
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}
