/** Puts generated requests together to sequences, as scenarios of the differential table are. */
import * as fc from 'fast-check';

import type { Scenario, Step } from '../scenario.ts';
import { imageOpening, imageRequests } from './image-requests.ts';
import { metadefOpening, metadefRequests } from './metadef-requests.ts';
import type { Requests } from './requests.ts';
import { storeOpening, storeRequests } from './store-requests.ts';

export const subjects = ['images', 'stores', 'metadefs'] as const;

/** What a sequence is about: images; images in stores with ids, with imports and locations; the catalog of definitions. */
export type Subject = (typeof subjects)[number];

const longest = 12;

const requestsAbout: Readonly<Record<Subject, fc.Arbitrary<Requests>>> = {
  images: fc.oneof(...imageRequests),
  stores: fc.oneof(fc.oneof(...imageRequests), fc.oneof(...storeRequests)),
  metadefs: fc.oneof(...metadefRequests),
};

const openings: Readonly<Record<Subject, fc.Arbitrary<Requests>>> = {
  images: imageOpening,
  stores: storeOpening,
  metadefs: metadefOpening,
};

/** Sequences that begin with something the rest can act on. */
export function sequenceAbout(subject: Subject): fc.Arbitrary<Scenario> {
  const rest = fc.array(requestsAbout[subject], { minLength: 1, maxLength: longest });
  return fc.tuple(openings[subject], rest).map(([first, more]) => ({
    name: `random ${subject}`,
    steps: numbered([first, ...more].flat()),
  }));
}

/** Every request of a scenario needs a name of its own. */
function numbered(requests: Requests): Step[] {
  return requests.map((request, index) => ({ what: `request ${index + 1}`, ...request }));
}
