/**
 * Plays a scenario against one running service and returns its raw answers.
 *
 * Requests go through `node:http` rather than `fetch`: the tables send things a browser would not (a doubled slash,
 * a body with GET, a wrong Content-Length), and each must reach the service as written. Every request has its own
 * connection, so that one the service cuts cannot spoil the next.
 */
import { request as sendRequest } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

import { callers } from './callers.ts';
import { bodyText, fillPlaceholders, valueAt } from './scenario.ts';
import type { Scenario, Step } from './scenario.ts';
import { hasImageCache } from './setups.ts';
import type { SetupName } from './setups.ts';

export interface Answer {
  /** 0 when the service broke the connection or did not answer in time. */
  readonly status: number;
  /** Lower-case names; a repeated header is joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const answerTimeoutMs = 20_000;
const repeatTimeoutMs = 8_000;
const repeatPauseMs = 30;

/** Sends the steps one after the other; one answer a step, in order. `given` are the placeholders both services share. */
export async function playScenario(
  baseUrl: string,
  scenario: Scenario,
  given: ReadonlyMap<string, string>,
): Promise<Answer[]> {
  const values = new Map(given);
  const answers: Answer[] = [];
  let patienceMs = repeatTimeoutMs;
  for (const step of scenario.steps) {
    const { answer, awaited } = await sendUntil(baseUrl, { step, values, patienceMs });
    // Who waited in vain once has something to report; there is no use in waiting long again and again.
    if (!awaited) patienceMs = repeatTimeoutMs / 20;
    savePlaceholders(step, answer, values);
    answers.push(answer);
  }
  return answers;
}

/**
 * Deletes every image of the service, protected and hidden ones too, what its cache holds and every metadef namespace, so
 * that the next scenario starts empty.
 */
export async function emptyService(baseUrl: string, setup: SetupName): Promise<void> {
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
  if (hasImageCache(setup)) await send(baseUrl, { what: '', as: 'admin', send: 'DELETE /v2/cache' }, values);
  await deleteNamespaces(baseUrl, values);
}

/** Metadata definitions; resource types stay for ever, on both services alike. */
async function deleteNamespaces(baseUrl: string, values: ReadonlyMap<string, string>): Promise<void> {
  const path = '/v2/metadefs/namespaces';
  for (;;) {
    const list = await send(baseUrl, { what: '', as: 'admin', send: `GET ${path}` }, values);
    // The list document of the contract; anything else fails right here.
    const { namespaces } = JSON.parse(list.body.toString()) as { namespaces: { namespace: string }[] };
    if (namespaces.length === 0) return;
    for (const { namespace } of namespaces) {
      const one = `${path}/${encodeURIComponent(namespace)}`;
      // A namespace is unprotected by replacing it.
      await send(baseUrl, { what: '', as: 'admin', send: `PUT ${one}`, json: { namespace } }, values);
      const answer = await send(baseUrl, { what: '', as: 'admin', send: `DELETE ${one}` }, values);
      if (answer.status !== 204) throw new Error(`cannot delete ${one}: ${answer.status}`);
    }
  }
}

interface Waiting {
  readonly step: Step;
  readonly values: ReadonlyMap<string, string>;
  readonly patienceMs: number;
}

/** Sends the request, again and again if it waits for something; tells whether that came. */
async function sendUntil(
  baseUrl: string,
  { step, values, patienceMs }: Waiting,
): Promise<{ readonly answer: Answer; readonly awaited: boolean }> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const answer = await send(baseUrl, step, values);
    const awaited = isAwaited(step, answer, values);
    if (awaited || Date.now() > deadline) return { answer, awaited };
    await pause(repeatPauseMs);
  }
}

function isAwaited(step: Step, answer: Answer, values: ReadonlyMap<string, string>): boolean {
  return Object.entries(step.until ?? {}).every(([place, awaited]) => {
    const found = valueAt(answer.body, place);
    return awaited.some((value) =>
      isDeepStrictEqual(found, typeof value === 'string' ? fillPlaceholders(value, values) : value),
    );
  });
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
  for (const [name, place] of Object.entries(step.save ?? {})) {
    const value = valueAt(answer.body, place);
    values.set(name, typeof value === 'string' ? value : `nothing-saved-as-${name}`);
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
