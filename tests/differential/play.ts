/**
 * Plays a scenario against one running service and returns its raw answers.
 *
 * Requests go through `node:http` rather than `fetch`: the tables send things a browser would not (a doubled slash,
 * a body with GET, a wrong Content-Length), and each must reach the service as written. Every request has its own
 * connection, so that one the service cuts cannot spoil the next.
 */
import { request as sendRequest } from 'node:http';

import { callers } from './callers.ts';
import { bodyText, fillPlaceholders } from './scenario.ts';
import type { Scenario, Step } from './scenario.ts';

export interface Answer {
  /** 0 when the service broke the connection or did not answer in time. */
  readonly status: number;
  /** Lower-case names; a repeated header is joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const answerTimeoutMs = 20_000;

/** Sends the steps one after the other; one answer a step, in order. `given` are the placeholders both services share. */
export async function playScenario(
  baseUrl: string,
  scenario: Scenario,
  given: ReadonlyMap<string, string>,
): Promise<Answer[]> {
  const values = new Map(given);
  const answers: Answer[] = [];
  for (const step of scenario.steps) {
    const answer = await send(baseUrl, step, values);
    savePlaceholders(step, answer, values);
    answers.push(answer);
  }
  return answers;
}

/** Deletes every image of the service, protected and hidden ones too, so that the next scenario starts empty. */
export async function emptyService(baseUrl: string): Promise<void> {
  const values = new Map([['p9', 'sweeper']]);
  for (const hidden of ['false', 'true']) {
    for (;;) {
      const query = `visibility=all&os_hidden=${hidden}&limit=100`;
      const list = await send(baseUrl, { what: '', as: 'admin', send: `GET /v2/images?${query}` }, values);
      const images = imagesIn(list);
      if (images.length === 0) break;
      for (const image of images) await deleteImage(baseUrl, image, values);
    }
  }
}

interface ListedImage {
  readonly id: string;
  readonly protected: boolean;
}

async function deleteImage(baseUrl: string, image: ListedImage, values: ReadonlyMap<string, string>): Promise<void> {
  const path = `/v2/images/${image.id}`;
  if (image.protected) {
    await send(
      baseUrl,
      {
        what: '',
        as: 'admin',
        send: `PATCH ${path}`,
        headers: { 'Content-Type': 'application/openstack-images-v2.1-json-patch' },
        json: [{ op: 'replace', path: '/protected', value: false }],
      },
      values,
    );
  }
  const answer = await send(baseUrl, { what: '', as: 'admin', send: `DELETE ${path}` }, values);
  if (answer.status !== 204 && answer.status !== 404) throw new Error(`cannot delete ${path}: ${answer.status}`);
}

function imagesIn(answer: Answer): ListedImage[] {
  if (answer.status !== 200) throw new Error(`cannot list the images: ${answer.status} ${answer.body.toString()}`);
  // The service under test answers with the list document of the contract; anything else fails right here.
  return (JSON.parse(answer.body.toString()) as { images: ListedImage[] }).images;
}

function savePlaceholders(step: Step, answer: Answer, values: Map<string, string>): void {
  for (const [name, member] of Object.entries(step.save ?? {})) {
    values.set(name, textMember(answer, member) ?? `nothing-saved-as-${name}`);
  }
}

function textMember(answer: Answer, member: string): string | null {
  try {
    const document: unknown = JSON.parse(answer.body.toString());
    const value: unknown = document !== null && typeof document === 'object' ? Reflect.get(document, member) : null;
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

function send(baseUrl: string, step: Step, values: ReadonlyMap<string, string>): Promise<Answer> {
  const [method = '', ...path] = step.send.split(' ');
  const url = new URL(baseUrl);
  const body = bodyBytes(step, values);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...callers[step.as], ...step.headers })) {
    headers[name] = fillPlaceholders(value, values);
  }
  const declaresLength = Object.keys(headers).some((name) => name.toLowerCase() === 'content-length');
  if (isChunked(step)) headers['Transfer-Encoding'] = 'chunked';
  else if (body.length > 0 && !declaresLength) headers['Content-Length'] = String(body.length);

  return new Promise((resolve) => {
    const broken = (error: Error): void => resolve({ status: 0, headers: {}, body: Buffer.from(error.message) });
    const outgoing = sendRequest({
      host: url.hostname,
      port: url.port,
      method,
      path: fillPlaceholders(path.join(' '), values),
      headers,
      agent: false,
      timeout: answerTimeoutMs,
    });
    outgoing.on('error', broken);
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', broken);
      incoming.on('end', () => {
        resolve({
          status: incoming.statusCode ?? 0,
          headers: joinHeaders(incoming.headersDistinct),
          body: Buffer.concat(chunks),
        });
      });
    });
    outgoing.end(body);
  });
}

function bodyBytes(step: Step, values: ReadonlyMap<string, string>): Buffer {
  if (step.body instanceof Uint8Array) return Buffer.from(step.body);
  return Buffer.from(fillPlaceholders(bodyText(step), values));
}

function isChunked(step: Step): boolean {
  return typeof step.body === 'object' && 'chunked' in step.body;
}

function joinHeaders(distinct: NodeJS.Dict<string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(distinct).map(([name, values]) => [name, (values ?? []).join(', ')]));
}
