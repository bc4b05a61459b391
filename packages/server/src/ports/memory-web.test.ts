import { describe, expect, test } from 'vitest';
import { openMemoryWeb } from './memory-web.testing.ts';
import type { MemoryPage, MemoryWeb } from './memory-web.testing.ts';
import { outcomeOf } from './outcome.testing.ts';

const url = 'http://mirror.example/x';
const bytes = Buffer.alloc(150_000, 'x');

function webWith(page: MemoryPage): MemoryWeb {
  const web = openMemoryWeb();
  web.pages.set(url, page);
  return web;
}

async function download(web: MemoryWeb, signal?: AbortSignal): Promise<Buffer> {
  const data = await web.open(signal === undefined ? { url } : { url, signal });
  const pieces: Uint8Array[] = [];
  for await (const piece of data.chunks()) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('the web in memory', () => {
  test.each<[string, Partial<MemoryPage>, string]>([
    ['gives a page', {}, 'none'],
    ['gives a page without a length', { announcedBytes: null }, 'none'],
    ['breaks off', { breaksAfterBytes: 70_000 }, 'unavailable'],
    ['breaks off without a length', { breaksAfterBytes: 70_000, announcedBytes: null }, 'unavailable'],
    ['gives less than announced', { announcedBytes: 150_001 }, 'unavailable'],
    ['gives more than announced', { announcedBytes: 149_999 }, 'unavailable'],
    ['answers 404', { status: 404 }, 'badRequest'],
    ['answers 503', { status: 503 }, 'unavailable'],
  ])('%s', async (_what, page, code) => {
    const web = webWith({ bytes, ...page });
    expect(await outcomeOf(download(web))).toBe(code);
    expect(web.openAnswers()).toBe(0);
  });

  test('knows no other page: 400', async () => {
    expect(await outcomeOf(openMemoryWeb().open({ url }))).toBe('badRequest');
  });

  test('writes down what was asked, and which answers are open', async () => {
    const web = webWith({ bytes });
    const data = await web.open({ url, headers: { 'x-auth-token': 't' } });
    expect(web.requests).toEqual([{ url, headers: { 'x-auth-token': 't' } }]);
    expect(web.openAnswers()).toBe(1);
    await data.close();
    await data.close();
    expect(web.openAnswers()).toBe(0);
  });

  test('waits where it is told to, and ends with the reason of an abort', async () => {
    const reason = new Error('enough');
    const abortion = new AbortController();
    const web = webWith({ bytes, beforeData: async () => abortion.abort(reason) });
    await expect(download(web, abortion.signal)).rejects.toBe(reason);
    await expect(download(web, abortion.signal)).rejects.toBe(reason);
    expect(web.openAnswers()).toBe(0);
  });
});
