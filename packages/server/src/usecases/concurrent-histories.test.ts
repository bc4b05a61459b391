/**
 * Random concurrent histories on one image: several processes upload, patch, tag, deactivate and delete it and recover
 * each other's work, some die on the way, and every call to the outside may be overtaken by any other. Whatever
 * happened, afterwards the invariants hold and what was acknowledged is true.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Image } from '../domain/images/image.ts';
import { startPlainHasher } from '../ports/plain-hasher.testing.ts';
import { uploadImageData } from './image-data/upload.ts';
import { deactivateImage, reactivateImage } from './images/change-activation.ts';
import { deleteImage } from './images/delete.ts';
import { updateImage } from './images/update.ts';
import { recoverExpiredWork } from './recover-work.ts';
import {
  addImage,
  bodyOf,
  expectOrder,
  findImage,
  interfereWith,
  leaseSeconds,
  openTestService,
  outcomeOf,
  owner,
  recoverEverything,
} from './service.testing.ts';
import type { TestService } from './service.testing.ts';
import type { ServiceParts } from './service-parts.ts';
import { addImageTag } from './tags.ts';

type Action =
  'upload' | 'patch formats' | 'protect' | 'tag' | 'deactivate' | 'reactivate' | 'delete' | 'wait and recover';

interface Step {
  readonly action: Action;
  /** How many calls to the outside its process lives; null: to the end. */
  readonly livesFor: number | null;
}

const actions: readonly Action[] = [
  'upload',
  'upload',
  'patch formats',
  'protect',
  'tag',
  'deactivate',
  'reactivate',
  'delete',
  'wait and recover',
];

const arbitraryHistory = fc.array(
  fc.record({ action: fc.constantFrom(...actions), livesFor: fc.constantFrom(null, null, null, 2, 3, 5, 7, 9, 11) }),
  { minLength: 2, maxLength: 7 },
);

/** What each action may answer; anything else is a defect. */
const possibleOutcomes: Readonly<Record<Action, readonly string[]>> = {
  upload: ['none', 'conflict', 'gone', 'notFound', 'unsupportedMediaType'],
  'patch formats': ['none', 'forbidden', 'conflict', 'notFound'],
  protect: ['none', 'notFound'],
  tag: ['none', 'notFound'],
  deactivate: ['none', 'forbidden', 'notFound'],
  reactivate: ['none', 'forbidden', 'notFound'],
  delete: ['none', 'forbidden', 'notFound'],
  'wait and recover': ['none'],
};

/** Lets one of those who wait go on at a time, whom `pick` chooses. */
class Turnstile {
  readonly #waiting: (() => void)[] = [];

  pass(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Until nobody comes any more. */
  async run(pick: () => number): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const index = pick() % Math.max(1, this.#waiting.length);
      const [next] = this.#waiting.splice(index, 1);
      if (next === undefined) return;
      next();
    }
  }
}

/** A process of its own, every call of which goes through the turnstile, and which may die on the way. */
function processOf(service: TestService, turnstile: Turnstile, livesFor: number | null): ServiceParts {
  let calls = 0;
  let dead = false;
  async function pass(): Promise<void> {
    calls += 1;
    dead ||= livesFor !== null && calls > livesFor;
    if (dead) await new Promise<never>(() => undefined);
    await turnstile.pass();
  }
  const parts = interfereWith(
    { ...service.parts, hasher: startPlainHasher() },
    { before: pass, after: () => undefined },
  );
  return {
    ...parts,
    clock: {
      now: () => service.clock.now(),
      every: (milliseconds, task) =>
        service.clock.every(milliseconds, async () => {
          // Not waited for: time does not stand still for a slow process.
          if (!dead) void task().catch(() => undefined);
        }),
    },
  };
}

const content = Buffer.from('these bytes are no qcow2 image');

function perform(parts: ServiceParts, service: TestService, { action, image }: { action: Action; image: Image }) {
  const imageId = image.id;
  function patch(path: string, value: unknown) {
    const document = [{ op: 'replace', path, value }];
    return updateImage(parts, owner, { imageId, dialect: 'v2.1', document, precondition: null });
  }
  const deeds: Readonly<Record<Action, () => Promise<unknown>>> = {
    upload: () =>
      uploadImageData(parts, owner, { imageId, storeId: null, expectedBytes: null, body: () => bodyOf(content) }),
    'patch formats': () => patch('/container_format', 'bare'),
    protect: () => patch('/protected', true),
    tag: () => addImageTag(parts, owner, { imageId, tag: 't' }),
    deactivate: () => deactivateImage(parts, owner, imageId),
    reactivate: () => reactivateImage(parts, owner, imageId),
    delete: () => deleteImage(parts, owner, { imageId, precondition: null, call: null }),
    async 'wait and recover'() {
      await service.clock.advance(leaseSeconds + 1);
      await recoverExpiredWork(parts);
    },
  };
  return deeds[action]();
}

async function play(history: readonly Step[], pick: () => number) {
  const service = openTestService();
  const turnstile = new Turnstile();
  // Whoever makes it `bare` has its data looked into, and they are not what the disk format says.
  const image = await addImage(service, { containerFormat: 'ovf', diskFormat: 'qcow2' });
  const outcomes: { action: Action; outcome: string }[] = [];
  for (const { action, livesFor } of history) {
    const parts = processOf(service, turnstile, livesFor);
    void outcomeOf(perform(parts, service, { action, image })).then((outcome) => outcomes.push({ action, outcome }));
  }
  await turnstile.run(pick);
  await recoverEverything(service);
  await recoverEverything(service);
  return { service, outcomes, after: await findImage(service, image.id) };
}

describe('Concurrent histories on one image', () => {
  test('keep the invariants and what was acknowledged', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryHistory, fc.infiniteStream(fc.nat(1000)), async (history, picks) => {
        const { service, outcomes, after } = await play(history, () => picks.next().value ?? 0);
        expectOrder(service);
        function acknowledged(action: Action): boolean {
          return outcomes.some((done) => done.action === action && done.outcome === 'none');
        }
        for (const { action, outcome } of outcomes) expect(possibleOutcomes[action]).toContain(outcome);
        const uploads = outcomes.filter(({ action, outcome }) => action === 'upload' && outcome === 'none');
        expect(uploads.length).toBeLessThanOrEqual(1);
        if (acknowledged('delete')) expect(after).toBeUndefined();
        // Nothing takes the protection away again, so one of the two must have been refused.
        expect(acknowledged('delete') && acknowledged('protect')).toBe(false);
        if (after === undefined) {
          expect(history.some(({ action }) => action === 'delete')).toBe(true);
          return;
        }
        if (acknowledged('upload')) expect(['active', 'deactivated']).toContain(after.status);
        if (acknowledged('tag')) expect(after.tags).toEqual(['t']);
        if (acknowledged('protect')) expect(after.protected).toBe(true);
        if (after.status !== 'queued') expect(after.containerFormat).toBe('ovf');
      }),
      { numRuns: 400 },
    );
  });
});
