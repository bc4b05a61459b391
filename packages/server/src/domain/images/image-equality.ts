/** Whether two records of an image say the same. */
import type { Image } from './image.ts';

export function sameImage(one: Image, other: Image): boolean {
  return fingerprint(one) === fingerprint(other);
}

/** The whole record as one text; equal texts are equal images. Tags count as a set. */
function fingerprint(image: Image): string {
  return JSON.stringify({
    ...image,
    virtualSizeBytes: String(image.virtualSizeBytes),
    properties: [...image.properties].toSorted(([one], [other]) => (one < other ? -1 : 1)),
    tags: [...image.tags].toSorted(),
  });
}
