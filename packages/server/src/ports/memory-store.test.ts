import { describeImageStoreConformance } from './image-store.conformance.ts';
import { openMemoryStore } from './memory-store.testing.ts';

describeImageStoreConformance('Memory', async () => {
  const store = openMemoryStore();
  return {
    store,
    names: async () => [...store.objects.keys(), ...store.temporaries.keys()],
    close: () => Promise.resolve(),
  };
});
