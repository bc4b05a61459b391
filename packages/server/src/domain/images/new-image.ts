/**
 * Reads the body of POST /v2/images and makes the record it asks for. The checks come in two parts with the policies
 * between them: `parseNewImage` before, `checkNewImage` after. Source: contract 02 §3, §1.
 */
import type { ImageVisibility } from '@lucarne/contract/image-attributes.ts';
import { badRequest, forbidden } from '../errors.ts';
import type { Viewer } from '../request-context.ts';
import { quoteForMessage } from '../text-rules.ts';
import {
  checkPropertyName,
  isDerivedAttribute,
  isReservedName,
  isServiceAttribute,
  isWritableAttribute,
  propertyText,
  readAttribute,
} from './attribute-rules.ts';
import type { WritableFields } from './attribute-rules.ts';
import { checkColumnLimits, checkMinimumsNotNegative } from './column-limits.ts';
import type { Image } from './image.ts';
import { checkPropertyQuota, checkTagQuota } from './quotas.ts';
import type { RecordQuotas } from './quotas.ts';

/** What a client asked for. Attributes it did not name are absent and get their defaults in `newImage`. */
export interface NewImageRequest {
  /** Kept verbatim; null leaves the choice to the service. */
  readonly id: string | null;
  readonly fields: Partial<WritableFields>;
  readonly properties: ReadonlyMap<string, string | null>;
  /** Attributes named although a client cannot give them. Refused only after the policies were asked. */
  readonly refusedAttributes: readonly string[];
}

/** What a new record gets from the service. */
export interface NewImageOrigin {
  /** The id of the image unless the client chose one. */
  readonly id: string;
  /** The owner of the image unless the client named one. */
  readonly projectId: string | null;
  readonly createdAt: Date;
}

const defaultFields: WritableFields = {
  name: null,
  visibility: 'shared',
  protected: false,
  hidden: false,
  owner: null,
  tags: [],
  containerFormat: null,
  diskFormat: null,
  minDiskGib: 0,
  minRamMib: 0,
};

/** What is known of an image before it has data. */
const withoutData = {
  status: 'queued',
  sizeBytes: null,
  virtualSizeBytes: null,
  checksum: null,
  hashAlgorithm: null,
  hashValue: null,
  locations: [],
} as const;

/**
 * The checks that come before the policies. `validate` holds the whole body against the image schema and gives null, or
 * why it is not valid. Malformed is 400, a derived attribute or reserved name 403.
 */
export function parseNewImage(body: unknown, validate: (body: unknown) => string | null): NewImageRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest('The body of the request is a JSON object that describes the image.');
  }
  const members: readonly (readonly [string, unknown])[] = Object.entries(body);
  for (const [name] of members) {
    if (isDerivedAttribute(name)) throw forbidden(`The attribute ${quoteForMessage(name)} is read-only.`);
  }
  const problem = validate(body);
  if (problem !== null) throw badRequest(problem);
  const custom = members.filter(([name]) => !isAttribute(name));
  for (const [name] of custom) checkPropertyName(name);
  for (const [name] of custom) {
    if (isReservedName(name)) throw forbidden(`The name ${quoteForMessage(name)} is reserved.`);
  }
  return readMembers(members);
}

/** The record asked for, before any policy or limit was looked at. */
export function newImage(request: NewImageRequest, origin: NewImageOrigin): Image {
  return {
    ...withoutData,
    ...defaultFields,
    owner: origin.projectId,
    ...request.fields,
    id: request.id ?? origin.id,
    properties: request.properties,
    createdAt: origin.createdAt,
    updatedAt: origin.createdAt,
  };
}

/** Only an administrator creates images for other projects; anybody else gets 403. */
export function checkNewImageOwner(image: Pick<Image, 'owner'>, viewer: Viewer): void {
  if (viewer.isAdmin || image.owner === viewer.projectId) return;
  throw forbidden('Only an administrator can create images for another project.');
}

/** The policies a new image of that visibility needs, in the order they are checked. */
export function policiesOfNewImage(
  visibility: ImageVisibility,
): readonly ('add_image' | 'publicize_image' | 'communitize_image')[] {
  if (visibility === 'public') return ['add_image', 'publicize_image'];
  if (visibility === 'community') return ['add_image', 'communitize_image'];
  return ['add_image'];
}

/** The checks that come after the policies: 413 for a quota, 403 for an attribute of the service, 400 for the rest. */
export function checkNewImage(request: NewImageRequest, image: Image, quotas: RecordQuotas): void {
  checkTagQuota(image.tags.length, quotas.tagQuota);
  const [refused] = request.refusedAttributes;
  if (refused !== undefined) throw forbidden(`The attribute ${quoteForMessage(refused)} cannot be set.`);
  checkMinimumsNotNegative(image);
  checkPropertyQuota(image.properties, quotas.propertyQuota);
  checkColumnLimits(image, null);
}

function isAttribute(name: string): boolean {
  return name === 'id' || name === 'locations' || isServiceAttribute(name) || isWritableAttribute(name);
}

function readMembers(members: readonly (readonly [string, unknown])[]): NewImageRequest {
  let id: string | null = null;
  const fields: Partial<WritableFields> = {};
  const properties = new Map<string, string | null>();
  const refusedAttributes: string[] = [];
  for (const [name, value] of members) {
    if (name === 'id') id = readId(value);
    else if (isWritableAttribute(name)) Object.assign(fields, readAttribute(name, value));
    else if (isAttribute(name)) refusedAttributes.push(name);
    else properties.set(name, propertyText(value));
  }
  return { id, fields, properties, refusedAttributes };
}

function readId(value: unknown): string {
  if (typeof value !== 'string') throw badRequest('The id of an image is a string.');
  return value;
}
