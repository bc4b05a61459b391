/** Locations for the HTTP tests: a web server that has data, and requests on locations in one word. */
import type { Answer } from './http-client.testing.ts';
import { createImage } from './images.testing.ts';
import type { RunningService } from './running-service.testing.ts';
import { serveWeb } from './several-stores.testing.ts';

export interface WebData {
  /** URL of the data of that name; nothing is there unless it was put. */
  urlOf(name: string): string;
  put(name: string, data: Uint8Array): string;
  /** Tells the size from now on, and fails to send data. */
  breakDown(name: string): void;
  /** Called before data are sent, and waited for. */
  beforeData: () => Promise<void>;
  close(): void;
}

export async function serveWebData(): Promise<WebData> {
  const pages = new Map<string, Uint8Array>();
  const broken = new Set<string>();
  const server = await serveWeb((request, response) => {
    const name = request.url?.slice(1) ?? '';
    const data = pages.get(name);
    if (data === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (request.method === 'HEAD') response.setHeader('content-length', data.byteLength).end();
    else if (broken.has(name)) response.writeHead(503).end();
    else void web.beforeData().then(() => response.setHeader('content-length', data.byteLength).end(data));
  });
  const urlOf = (name: string) => `${server.url}/${name}`;
  const web: WebData = {
    urlOf,
    put(name, data) {
      pages.set(name, data);
      return urlOf(name);
    },
    breakDown: (name) => void broken.add(name),
    beforeData: () => Promise.resolve(),
    close: () => server.close(),
  };
  return web;
}

/** Calls that succeed, one an operation. */
export function locationSuccesses(service: () => Pick<RunningService, 'send'>) {
  return {
    listImageLocations: async (): Promise<Answer> =>
      service().send(`GET /v2/images/${await createImage(service())}/locations`, { as: 'admin' }),
    addImageLocation: async (): Promise<Answer> =>
      service().send(`POST /v2/images/${await createImage(service(), { visibility: 'community' })}/locations`, {
        as: 'service',
        json: { url: 'http://images.example/a' },
      }),
  };
}
