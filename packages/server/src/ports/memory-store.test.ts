import { expect, test } from 'vitest';
import { describeImageStoreConformance, storeObject } from './image-store.conformance.ts';
import { openMemoryStore } from './memory-store.testing.ts';

describeImageStoreConformance('Memory', async () => {
  const store = openMemoryStore();
  return {
    store,
    names: async () => [...store.objects.keys(), ...store.temporaries.keys()],
    close: () => Promise.resolve(),
  };
});

test('Stores in memory with different ids own different URLs', async () => {
  const imageId = '11111111-2222-3333-4444-555555555555';
  const stores = [openMemoryStore('fast'), openMemoryStore('slow'), openMemoryStore()];
  const urls: string[] = [];
  for (const store of stores) urls.push((await storeObject(store, imageId, Buffer.from('data'))).url);
  expect(urls).toEqual([`memory://fast/${imageId}`, `memory://slow/${imageId}`, `memory:///${imageId}`]);
  expect(stores.map((store) => urls.map((url) => store.owns(url)))).toEqual([
    [true, false, false],
    [false, true, false],
    [false, false, true],
  ]);
});
