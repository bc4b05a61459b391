import { describe, expect, test } from 'vitest';
import { startAnsweringServer } from './answering-server.testing.ts';
import type { AnsweringServer } from './answering-server.testing.ts';
import { createImageClient } from './image-client.ts';

const pages: Readonly<Record<string, { readonly ids: readonly string[]; readonly next?: string }>> = {
  '': { ids: ['1', '2'], next: '/v2/images?limit=2&tag=b&marker=2' },
  '2': { ids: ['3', '4'], next: '/v2/images?limit=2&tag=b&marker=4' },
  '4': { ids: [] },
};

function startPagingServer(): Promise<AnsweringServer> {
  return startAnsweringServer(({ url }) => {
    const { ids, next } = pages[new URL(url, 'http://host').searchParams.get('marker') ?? ''] ?? { ids: ['lost'] };
    return { body: { images: ids.map((id) => ({ id })), ...(next === undefined ? {} : { next }) } };
  });
}

describe('each image', () => {
  test('comes once, page after page, and every page is asked for with all of the query', async () => {
    const server = await startPagingServer();
    const client = createImageClient({ endpoint: server.url, token: 't' });
    const ids: string[] = [];
    for await (const { id } of client.eachImage({ limit: 2, tag: ['a', 'b'] })) ids.push(id);
    expect(ids).toEqual(['1', '2', '3', '4']);
    expect(server.requests.map(({ url }) => url)).toEqual([
      '/v2/images?limit=2&tag=a&tag=b',
      '/v2/images?limit=2&tag=a&tag=b&marker=2',
      '/v2/images?limit=2&tag=a&tag=b&marker=4',
    ]);
  });

  test('is not asked for once the loop has ended', async () => {
    const server = await startPagingServer();
    const client = createImageClient({ endpoint: server.url, token: 't' });
    for await (const { id } of client.eachImage()) if (id === '2') break;
    expect(server.requests).toHaveLength(1);
  });

  test('starts where a marker says', async () => {
    const server = await startPagingServer();
    const client = createImageClient({ endpoint: server.url, token: 't' });
    const first = await client.eachImage({ marker: '2' }).next();
    expect(first.value).toEqual({ id: '3' });
  });
});
