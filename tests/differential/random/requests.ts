/** What all generated requests are made of: callers, images, and how a request is written down. */
import * as fc from 'fast-check';

import type { Caller } from '../callers.ts';
import type { Step } from '../scenario.ts';

/** One request, or a few that belong together. Their names are given when the sequence is put together. */
export type Requests = readonly Omit<Step, 'what'>[];

/** Mostly the owner; now and then somebody who may do more, less or nothing. */
export const caller: fc.Arbitrary<Caller> = fc.oneof(
  { weight: 24, arbitrary: fc.constant<Caller>('alice') },
  { weight: 3, arbitrary: fc.constant<Caller>('bob') },
  { weight: 4, arbitrary: fc.constant<Caller>('admin') },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Caller>('rita', 'anna', 'nobody', 'service', 'bareAdmin', 'systemAdmin', 'carol'),
  },
);

/**
 * The image of a request. Clients choose the ids, so that they are the same on both services; there are few, so that requests
 * meet each other's images, and a sequence begins with the first.
 */
export const image: fc.Arbitrary<string> = fc.oneof(
  { weight: 24, arbitrary: fc.constant('{uuid1}') },
  { weight: 6, arbitrary: fc.constantFrom('{uuid2}', '{uuid3}') },
  { weight: 1, arbitrary: fc.constantFrom('{uuid9}', 'not-an-id') },
);

/** `{p1}` is the project of alice, `{p2}` of bob, `{p3}` of carol. */
export const project: fc.Arbitrary<string> = fc.constantFrom('{p1}', '{p2}', '{p3}');

export function one(request: fc.Arbitrary<Omit<Step, 'what'>>): fc.Arbitrary<Requests> {
  return request.map((step) => [step]);
}

/** One request after the other. */
export function inOrder(...parts: readonly fc.Arbitrary<Requests>[]): fc.Arbitrary<Requests> {
  return fc.tuple(...parts).map((drawn) => drawn.flat());
}

/** A request without a body. */
export function plain(method: string, path: fc.Arbitrary<string>, as = caller): fc.Arbitrary<Requests> {
  return one(fc.record({ as, path }).map((drawn) => ({ as: drawn.as, send: `${method} /v2/${drawn.path}` })));
}

/** Only some of the members of a record. */
export function some(
  members: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  return fc.record(members, { requiredKeys: [] });
}

/** What is not meant to be there: any small JSON value. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 2_147_483_648, '', 'x', [], ['x'], {}, { a: 'b' }),
  fc.string({ maxLength: 5, unit: 'binary' }).map((text) => text.replaceAll(/[\ud800-\udfff]/g, '?')),
);
