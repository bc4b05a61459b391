/**
 * Known differences that generated sequences run into. The table of requests names each of its own; here a rule says which
 * requests a reason is about.
 */
import type { Difference } from '../comparison.ts';
import type { ComparedRequest } from '../differential-run.ts';
import type { Step } from '../scenario.ts';

export interface Explanation {
  /** Why, with the section of the contract it follows. */
  readonly reason: string;
  explains(step: Step, difference: Difference, compared: ComparedRequest): boolean;
  /** The services are in different states from here on, though both answered with the same status. */
  readonly parts?: true;
}

export const explanations: readonly Explanation[] = [
  {
    reason: 'an image without data has none to give, with a range or without (03 §4.1)',
    explains: (step, difference) =>
      isRanged(step) && (isStatus(difference, 500, 204) || isStatus(difference, 416, 204)),
  },
  {
    reason: 'an empty image has no bytes to give a range of (03 §4.3)',
    explains: (step, difference) => isRanged(step) && isStatus(difference, 206, 416),
  },
  {
    reason: 'a range that cannot be understood cannot be satisfied (03 §4.3)',
    explains: (step, difference) => isRanged(step) && isStatus(difference, 500, 416),
  },
  {
    reason: 'data that are announced too large are refused whatever the store (03 §1.3)',
    explains: (step, difference) => step.send.startsWith('PUT ') && isStatus(difference, 410, 413),
  },
  {
    reason: 'ranges are given from every store (03 §4.3)',
    explains: (step, difference) =>
      isRanged(step) && (isStatus(difference, 400, 206) || isStatus(difference, 400, 416)),
  },
  {
    reason: 'the data of an image do not grow by a further location; Glance takes a size of 0 for none (05 §2)',
    explains: (step, difference) =>
      step.send.startsWith('PATCH ') && difference.at === 'body /size' && difference.lucarne === 0,
    parts: true,
  },
  {
    reason: 'an invisible marker is like an unknown one (02 §9.4)',
    explains: (step, difference) => /[?&]marker=/.test(step.send) && isStatus(difference, 403, 400),
  },
  {
    reason: 'a page sorted by a size that is null goes on after its marker (02 §9.4)',
    explains: (step, difference) => /sort=size.*marker=/.test(step.send) && difference.at.startsWith('body /'),
  },
  {
    reason: 'what is null is sorted as if it were empty, on a page and across pages (02 §9.3)',
    explains: (step, difference, { glance, lucarne }) => {
      const [, key] = /[?&]sort(?:_key)?=(name|size|disk_format|container_format)\b/.exec(step.send) ?? [];
      if (key === undefined || !/^body \/(?:images\/|next$)/.test(difference.at)) return false;
      return sortedBy(key, glance.body) === sortedBy(key, lucarne.body);
    },
  },
  {
    reason: 'who may not read an image is not told that it is there (02 §13)',
    explains: (step, difference) => !isReader(step) && isStatus(difference, 403, 404),
  },
  {
    reason: 'a query that cannot be understood is refused whoever asks (02 §9.2)',
    explains: (step, difference) =>
      !isReader(step) && step.send.startsWith('GET /v2/images?') && isStatus(difference, 403, 400),
  },
  {
    reason: 'bodies are judged before the image is looked up (06 §3)',
    explains: (step, difference) =>
      /^PUT .*\/members\//.test(step.send) && (isStatus(difference, 404, 400) || isStatus(difference, 403, 400)),
  },
  {
    reason: 'tags are counted when the whole patch has been applied (02 §4.5)',
    explains: (step, difference) =>
      step.send.startsWith('PATCH ') && [200, 403, 409].some((status) => isStatus(difference, 413, status)),
  },
  {
    reason: 'objects are listed in the order of their creation; SQLite gives Glance that of an index (09 §6)',
    explains: (step, difference) =>
      step.send.startsWith('GET /v2/metadefs/namespaces/') && /^body \/objects\/\d/.test(difference.at),
  },
];

/** Equal answers after which the two services are in different states all the same. */
export interface SilentParting {
  /** Why, with the section of the contract it follows. */
  readonly reason: string;
  parts(step: Step, request: ComparedRequest, earlier: readonly Step[]): boolean;
}

export const silentPartings: readonly SilentParting[] = [
  {
    reason: 'a refused upload leaves the staged image as it is; in Glance it is queued again (03 §1)',
    parts: (step, request, earlier) =>
      isRefused(request) && /^PUT .*\/file$/.test(step.send) && isStaged(step.send.replace(/file$/, 'stage'), earlier),
  },
  {
    reason: 'a refused deletion leaves the staged data where they are; in Glance they are gone (02 §6)',
    parts: (step, request, earlier) =>
      isRefused(request) && isStaged(`${step.send.replace(/^DELETE/, 'PUT')}/stage`, earlier),
  },
];

function isRefused({ glance }: ComparedRequest): boolean {
  return glance.status === 403 || glance.status === 404;
}

function isStaged(request: string, earlier: readonly Step[]): boolean {
  return earlier.some(({ send }) => send === request);
}

/** The values of a key in a list of images, in their order; what is null is written as what is empty. */
function sortedBy(key: string, body: unknown): string {
  const images = (body as { readonly images?: readonly Readonly<Record<string, unknown>>[] } | null)?.images ?? [];
  return JSON.stringify(images.map((image) => image[key] || ''));
}

function isRanged(step: Step): boolean {
  return step.headers?.['Range'] !== undefined;
}

/** Whether the caller has a role with which images of its project are read. */
function isReader(step: Step): boolean {
  return !['anna', 'nobody', 'service', 'systemAdmin'].includes(step.as);
}

function isStatus(difference: Difference, glance: number, lucarne: number): boolean {
  return difference.at === 'status' && difference.glance === glance && difference.lucarne === lucarne;
}
