/** What is told beside the saves of records, in transactions of its own. Source: contract 13 A3. */
import type { EventOutbox } from '../../ports/event-outbox.ts';
import type { SqlDatabase } from './dialect.ts';
import { writing } from './transactions.ts';

export function sqlEventOutbox(database: SqlDatabase): EventOutbox {
  const { events } = database;
  return {
    async publish(notifications) {
      if (events === null || !notifications.some(({ type }) => events.wants(type))) return;
      await writing(database, (transaction) => events.record(transaction, notifications));
    },
  };
}
