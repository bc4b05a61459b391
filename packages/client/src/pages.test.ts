import { describe, expect, test } from 'vitest';
import { startAnsweringServer } from './answering-server.testing.ts';
import type { AnsweringServer } from './answering-server.testing.ts';
import { createImageClient } from './image-client.ts';
import type { ImageClient } from './image-client.ts';

interface PagedCase {
  readonly noun: string;
  readonly path: string;
  readonly member: 'images' | 'tasks' | 'namespaces';
  readonly key: 'id' | 'namespace';
  readonly each: (
    client: ImageClient,
    page: { readonly limit?: number; readonly marker?: string },
  ) => AsyncGenerator<object, void>;
}

const cases: readonly PagedCase[] = [
  {
    noun: 'image',
    path: '/v2/images',
    member: 'images',
    key: 'id',
    each: (client, page) => client.eachImage({ ...page, status: 'active' }),
  },
  {
    noun: 'task',
    path: '/v2/tasks',
    member: 'tasks',
    key: 'id',
    each: (client, page) => client.eachTask({ ...page, status: 'success' }),
  },
  {
    noun: 'metadef namespace',
    path: '/v2/metadefs/namespaces',
    member: 'namespaces',
    key: 'namespace',
    each: (client, page) => client.eachMetadefNamespace({ ...page, visibility: 'public' }),
  },
];

const pages: Readonly<Record<string, { readonly names: readonly string[]; readonly next?: string }>> = {
  '': { names: ['1', 'OS::2'], next: 'OS%3A%3A2' },
  'OS::2': { names: ['3', '4'], next: '4' },
  '4': { names: [] },
};

function startPagingServer({ path, member, key }: PagedCase): Promise<AnsweringServer> {
  return startAnsweringServer(({ url }) => {
    const { names, next } = pages[new URL(url, 'http://host').searchParams.get('marker') ?? ''] ?? { names: ['lost'] };
    const items = names.map((name) => ({ [key]: name }));
    return { body: { [member]: items, ...(next === undefined ? {} : { next: `${path}?limit=2&marker=${next}` }) } };
  });
}

describe.each(cases)('each $noun', (paged) => {
  test('comes once, page after page, and every page is asked for with all of the query', async () => {
    const server = await startPagingServer(paged);
    const client = createImageClient({ endpoint: server.url, token: 't' });
    const items = await Array.fromAsync(paged.each(client, { limit: 2 }));
    expect(items).toEqual(['1', 'OS::2', '3', '4'].map((name) => ({ [paged.key]: name })));
    const queries = server.requests.map(({ url }) => Object.fromEntries(new URL(url, 'http://host').searchParams));
    const [first] = queries;
    expect(Object.keys(first ?? {})).toHaveLength(2);
    expect(queries).toEqual([first, { ...first, marker: 'OS::2' }, { ...first, marker: '4' }]);
    expect(new Set(server.requests.map(({ url }) => url.split('?')[0]))).toEqual(new Set([paged.path]));
  });

  test('is not asked for once the loop has ended', async () => {
    const server = await startPagingServer(paged);
    const client = createImageClient({ endpoint: server.url, token: 't' });
    for await (const item of paged.each(client, {})) if (Object.values(item).includes('OS::2')) break;
    expect(server.requests).toHaveLength(1);
  });

  test('starts where a marker says', async () => {
    const server = await startPagingServer(paged);
    const client = createImageClient({ endpoint: server.url, token: 't' });
    const first = await paged.each(client, { marker: 'OS::2' }).next();
    expect(first.value).toEqual({ [paged.key]: '3' });
  });
});

test('a query with a list of tags is repeated whole on every page', async () => {
  const server = await startAnsweringServer(({ url }) => ({
    body: url.includes('marker') ? { images: [] } : { images: [{ id: '1' }], next: '/v2/images?tag=b&marker=1' },
  }));
  const client = createImageClient({ endpoint: server.url, token: 't' });
  await Array.fromAsync(client.eachImage({ tag: ['a', 'b'] }));
  expect(server.requests.map(({ url }) => url)).toEqual(['/v2/images?tag=a&tag=b', '/v2/images?tag=a&tag=b&marker=1']);
});
