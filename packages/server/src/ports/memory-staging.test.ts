import { describeStagingAreaConformance } from './staging-area.conformance.ts';
import { openMemoryStaging } from './memory-staging.testing.ts';

describeStagingAreaConformance('Memory', async () => {
  const staging = openMemoryStaging();
  return {
    staging,
    names: async () => [...staging.files.keys(), ...staging.temporaries.keys()],
    put: async (name, bytes) => {
      staging.files.set(name, bytes);
    },
    close: () => Promise.resolve(),
  };
});
