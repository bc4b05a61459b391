/**
 * What the columns of an image record can hold on every supported database: whole numbers of 31 bits, characters of
 * three bytes, property values of 65 535 bytes. Source: contract 02 §1, 12 §3.
 */
import { badRequest } from '../errors.ts';
import { hasUnstorableCharacters, quoteForMessage, utf8ByteLength } from '../text-rules.ts';
import type { Image } from './image.ts';

const largestInteger = 2_147_483_647;
const longestPropertyValueBytes = 65_535;

/** What clients can write, as far as columns limit it. */
type LimitedFields = Pick<Image, 'name' | 'owner' | 'tags' | 'minDiskGib' | 'minRamMib' | 'properties'>;

/** A negative minimum is a 400. */
export function checkMinimumsNotNegative(image: Pick<Image, 'minDiskGib' | 'minRamMib'>): void {
  if (image.minDiskGib < 0) throw badRequest('The attribute min_disk must not be negative.');
  if (image.minRamMib < 0) throw badRequest('The attribute min_ram must not be negative.');
}

/**
 * Refuses with 400 what would not fit. What `before` held already is not looked at again, so that a record written
 * under other limits can still be changed elsewhere.
 */
export function checkColumnLimits(after: LimitedFields, before: LimitedFields | null): void {
  if (after.minDiskGib !== before?.minDiskGib) checkInteger('min_disk', after.minDiskGib);
  if (after.minRamMib !== before?.minRamMib) checkInteger('min_ram', after.minRamMib);
  if (after.name !== before?.name) checkCharacters('name', after.name);
  if (after.owner !== before?.owner) checkCharacters('owner', after.owner);
  checkTags(after.tags, before?.tags);
  checkProperties(after.properties, before?.properties);
}

function checkInteger(attribute: string, value: number): void {
  if (value > largestInteger) throw badRequest(`The attribute ${attribute} must not be more than ${largestInteger}.`);
}

/** A character of four bytes is a 400. */
function checkTagCharacters(tag: string): void {
  checkCharacters(`tag ${quoteForMessage(tag)}`, tag);
}

function checkCharacters(what: string, text: string | null): void {
  if (text === null || !hasUnstorableCharacters(text)) return;
  throw badRequest(
    `The ${what} contains U+0000 or a character outside the Basic Multilingual Plane, which cannot be stored.`,
  );
}

function checkTags(tags: readonly string[], before: readonly string[] | undefined): void {
  if (tags === before) return;
  const held = new Set(before);
  for (const tag of tags) if (!held.has(tag)) checkTagCharacters(tag);
}

function checkProperties(properties: Image['properties'], before: Image['properties'] | undefined): void {
  for (const [name, value] of properties) {
    if (before?.get(name) === value) continue;
    checkCharacters(`name of property ${quoteForMessage(name)}`, name);
    if (value === null) continue;
    checkCharacters(`value of property ${quoteForMessage(name)}`, value);
    if (utf8ByteLength(value) <= longestPropertyValueBytes) continue;
    throw badRequest(
      `The value of property ${quoteForMessage(name)} is longer than ${longestPropertyValueBytes} bytes.`,
    );
  }
}
