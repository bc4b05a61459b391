import { describe, expect, test } from 'vitest';
import { turn } from './cached-service.testing.ts';
import { openHandover } from './handover.ts';

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

describe('A handover', () => {
  test('gives the chunks in order, each until the next one is asked for', async () => {
    const handover = openHandover();
    const used: string[] = [];
    const pulling = (async () => {
      for await (const chunk of handover.chunks()) {
        await turn();
        used.push(Buffer.from(chunk).toString());
      }
    })();
    const buffer = Buffer.alloc(1);
    for (const letter of 'abc') {
      buffer.write(letter);
      await handover.push(buffer);
      buffer.write('-');
    }
    handover.end();
    await pulling;
    expect(used).toEqual(['a', 'b', 'c']);
  });

  test.each(['before', 'after'] as const)(
    'ends behind the last chunk when it is told %s that was taken',
    async (when) => {
      const handover = openHandover();
      const chunks = handover.chunks();
      if (when === 'after') void chunks.next().then(() => chunks.next());
      const pushed = handover.push(bytes('a'));
      if (when === 'after') await turn();
      handover.end();
      if (when === 'before') {
        expect((await chunks.next()).done).toBe(false);
        expect((await chunks.next()).done).toBe(true);
      }
      await pushed;
      expect((await chunks.next()).done).toBe(true);
    },
  );

  test('of nothing ends at once', async () => {
    const handover = openHandover();
    handover.end();
    expect((await handover.chunks().next()).done).toBe(true);
  });

  test('that fails raises where it is pulled, and lets pushes go on', async () => {
    const handover = openHandover();
    const pulled = handover.chunks().next();
    handover.fail(new Error('given up'));
    await expect(pulled).rejects.toThrow('given up');
    await handover.push(bytes('a'));
  });

  test('that fails while a chunk is in use raises after it', async () => {
    const handover = openHandover();
    const chunks = handover.chunks();
    const pushed = handover.push(bytes('a'));
    await chunks.next();
    handover.fail(new Error('given up'));
    await pushed;
    await expect(chunks.next()).rejects.toThrow('given up');
  });

  test.each([
    ['stopped pulling', async (chunks: AsyncGenerator<Uint8Array>) => void (await chunks.return(undefined))],
    ['was closed', async () => undefined],
  ])('lets pushes go on after it %s', async (_, stop) => {
    const handover = openHandover();
    const chunks = handover.chunks();
    const pushed = handover.push(bytes('a'));
    await chunks.next();
    await stop(chunks);
    handover.close();
    await pushed;
    await handover.push(bytes('b'));
  });
});
