import { memoryMetadefRepository, openMemoryMetadefs } from './memory-metadefs.testing.ts';
import { describeMetadefRepositoryConformance } from './metadef-repository.conformance.ts';

describeMetadefRepositoryConformance('Memory', async () => {
  const metadefs = memoryMetadefRepository(openMemoryMetadefs());
  return { metadefs, elsewhere: metadefs, close: () => Promise.resolve() };
});
