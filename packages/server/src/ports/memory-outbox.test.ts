import { countedIds, startFakeClock } from './fake-clock.testing.ts';
import { describeOutboxConformance } from './event-outbox.conformance.ts';
import { openMemoryOutbox } from './memory-outbox.testing.ts';

describeOutboxConformance('Memory', async () => {
  const outbox = openMemoryOutbox(startFakeClock(), countedIds());
  return {
    events: outbox,
    queue: outbox,
    elsewhere: outbox,
    clear: async () => outbox.clear(),
    close: () => Promise.resolve(),
  };
});
