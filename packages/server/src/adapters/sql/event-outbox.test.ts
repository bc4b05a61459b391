import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Image } from '../../domain/images/image.ts';
import { imageNotification } from '../../domain/notifications/image-notifications.ts';
import {
  describeOutboxConformance,
  outboxDisabled,
  outboxTargets,
  sampleNotification,
} from '../../ports/event-outbox.conformance.ts';
import { countedIds, startFakeClock } from '../../ports/fake-clock.testing.ts';
import { deletionOf, newSample } from '../../ports/image-repository.conformance.ts';
import { sqlDatabaseSchema } from './database-schema.ts';
import { sqlEventOutbox } from './event-outbox.ts';
import { openEventRecorder } from './event-recorder.ts';
import { sqlImageRepository } from './image-repository.ts';
import { sqlImageWorkRepository } from './image-work-repository.ts';
import { sqlOutboxQueue } from './outbox-queue.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';
import { writing } from './transactions.ts';

const folder = mkdtempSync(join(tmpdir(), 'lucarne-outbox-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function openWithOutbox(path: string) {
  const events = openEventRecorder({
    targets: outboxTargets,
    disabled: outboxDisabled,
    storesHaveIds: true,
    ids: countedIds(),
    clock: startFakeClock(),
  });
  return openSqlite(path, { events });
}

describeOutboxConformance('SQLite', async () => {
  const path = join(folder, 'conformance.sqlite');
  const [database, other] = [openWithOutbox(path), openWithOutbox(path)];
  await sqlDatabaseSchema(database).sync();
  return {
    events: sqlEventOutbox(database),
    queue: sqlOutboxQueue(database),
    elsewhere: sqlOutboxQueue(other),
    async clear() {
      for (const table of ['lucarne_outbox', 'lucarne_outbox_lease'] as const)
        await database.db.deleteFrom(table).execute();
    },
    async close() {
      await database.close();
      await other.close();
    },
  };
});

describe('Notifications in SQL', () => {
  test('are there with the write they tell of, and gone when it fails', async () => {
    const database = openWithOutbox(join(folder, 'atomic.sqlite'));
    await sqlDatabaseSchema(database).sync();
    const images = sqlImageRepository(database);
    const image = newSample();
    await images.create(image);
    await expect(images.create(image)).rejects.toThrow();
    const failed = writing(database, async (transaction) => {
      await database.events?.record(transaction, [imageNotification('update', image)]);
      throw new Error('It fails behind that.');
    });
    await expect(failed).rejects.toThrow('It fails behind that.');
    const waiting = await sqlOutboxQueue(database).list('bus', 10);
    expect(waiting.map(({ type, subject }) => [type, subject])).toEqual([['image.create', image.id]]);
    await database.close();
  });

  test('are recorded however many a write tells of', async () => {
    const database = openWithOutbox(join(folder, 'many.sqlite'));
    await sqlDatabaseSchema(database).sync();
    const many = Array.from({ length: 10_000 }, () => sampleNotification('metadef_tag.create'));
    await sqlEventOutbox(database).publish(many);
    expect(await sqlOutboxQueue(database).count('bus')).toBe(10_000);
    await database.close();
  });

  test('tell of an upload that a deletion ended, though the image is not deleted after all', async () => {
    const database = openWithOutbox(join(folder, 'reverted.sqlite'));
    await sqlDatabaseSchema(database).sync();
    const image = newSample({ status: 'saving' });
    await sqlImageRepository(database).create(image);
    const work = sqlImageWorkRepository(database);
    const deletion = deletionOf(image.id);
    await work.beginDelete(deletion, () => undefined);
    await work.revertDelete(deletion);
    const told = await sqlOutboxQueue(database).list('bus', 10);
    expect(told.map(({ type, payloadJson }) => [type, (JSON.parse(payloadJson) as Image).status])).toEqual([
      ['image.create', 'saving'],
      ['image.update', 'queued'],
    ]);
    await database.close();
  });

  test('are not recorded at all where nobody is told', async () => {
    const database = openSqlite(join(folder, 'silent.sqlite'));
    await sqlDatabaseSchema(database).sync();
    await sqlImageRepository(database).create(newSample());
    await sqlEventOutbox(database).publish([sampleNotification('image.send')]);
    expect(await sqlOutboxQueue(database).count('bus')).toBe(0);
    await database.close();
  });
});
