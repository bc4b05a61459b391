/**
 * What the operations of a patch do to an image, and which policies each of them needs. An operation that is not
 * possible raises an error and the image stays as it was: all or nothing. Source: contract 02 §4.4, §4.5.
 * Differs: setting the owner is the administrator's with every verb, and no name but the attributes of the API is
 * special (Glance takes `image_id` or `delete` for attributes).
 */
import { conflict, forbidden } from '../errors.ts';
import { checkPropertyChange } from '../property-protections/property-rights.ts';
import type { PropertyRights } from '../property-protections/property-rights.ts';
import type { WritableAttribute } from './attribute-rules.ts';
import { checkColumnLimits, checkMinimumsNotNegative } from './column-limits.ts';
import type { Image } from './image.ts';
import type { LocationOperation } from './location-patch.ts';
import type { PatchOperation } from './patch-document.ts';
import { checkPropertyQuota, checkTagQuota } from './quotas.ts';
import type { RecordQuotas } from './quotas.ts';

export interface PatchRules extends RecordQuotas {
  /** The caller may change what only administrators may. */
  readonly isAdmin: boolean;
  readonly rights: PropertyRights;
}

/** Policy rules on images that an operation of a patch can need. */
export type PatchPolicy =
  'modify_image' | 'publicize_image' | 'communitize_image' | 'set_image_location' | 'delete_image_location';

type MutableFields = { -readonly [Field in Exclude<keyof Image, 'properties'>]: Image[Field] };

/** The policies an operation needs before it is applied, in the order they are checked. */
export function policiesOf(operation: PatchOperation): readonly PatchPolicy[] {
  if (operation.target === 'locations') {
    return [operation.verb === 'remove' ? 'delete_image_location' : 'set_image_location'];
  }
  if (operation.target === 'attribute' && operation.verb !== 'remove') {
    if (operation.fields.visibility === 'public') return ['publicize_image', 'modify_image'];
    if (operation.fields.visibility === 'community') return ['communitize_image', 'modify_image'];
  }
  return ['modify_image'];
}

/**
 * A patch being applied: `apply` once per operation, each after its policies were checked, then `finish`.
 * The image it was made from is never changed.
 */
export class PatchDraft {
  readonly #loaded: Image;
  readonly #rules: PatchRules;
  readonly #fields: MutableFields;
  readonly #properties: Map<string, string | null>;

  constructor(loaded: Image, rules: PatchRules) {
    this.#loaded = loaded;
    this.#rules = rules;
    this.#fields = { ...loaded };
    this.#properties = new Map(loaded.properties);
  }

  /** The image as the operations so far left it. */
  current(): Image {
    return { ...this.#fields, properties: this.#properties };
  }

  /** Raises 403 or 409 when the operation is not possible on what the operations before it left. */
  apply(operation: Exclude<PatchOperation, LocationOperation>): void {
    if (operation.target === 'attribute') this.#applyToAttribute(operation);
    else this.#applyToProperty(operation);
  }

  /** Takes over what an operation on locations made of `current()`: stores have to be asked for it. */
  relocate({ status, sizeBytes, checksum, hashAlgorithm, hashValue, locations }: Image): void {
    Object.assign(this.#fields, { status, sizeBytes, checksum, hashAlgorithm, hashValue, locations });
  }

  /**
   * The image as it is to be saved, `updatedAt` still untouched. Raises 413 when properties or tags were added beyond a
   * quota, 400 for what the record cannot hold.
   */
  finish(): Image {
    const image = this.current();
    if (hasNew(image.properties.keys(), this.#loaded.properties)) {
      checkPropertyQuota(image.properties, this.#rules.propertyQuota);
    }
    if (hasNew(image.tags, new Set(this.#loaded.tags))) checkTagQuota(image.tags.length, this.#rules.tagQuota);
    checkMinimumsNotNegative(image);
    checkColumnLimits(image, this.#loaded);
    return image;
  }

  #applyToAttribute(operation: Extract<PatchOperation, { target: 'attribute' }>): void {
    const { name, verb } = operation;
    if (verb === 'remove') throw forbidden(`The attribute ${name} cannot be removed.`);
    if (name === 'owner' && !this.#rules.isAdmin) throw forbidden('Only an administrator can set the owner.');
    if (verb === 'addNew') throw conflict(`The image has an attribute ${name} already.`);
    if (isFormat(name) && !acceptsFormats(this.#fields)) {
      throw forbidden(`The attribute ${name} cannot be set in status ${this.#fields.status}.`);
    }
    Object.assign(this.#fields, operation.fields);
  }

  #applyToProperty(operation: Extract<PatchOperation, { target: 'property' }>): void {
    const { name, verb } = operation;
    checkPropertyChange({ verb, name, exists: this.#properties.has(name) }, this.#rules.rights);
    if (verb === 'remove') this.#properties.delete(name);
    else this.#properties.set(name, operation.value);
  }
}

function isFormat(name: WritableAttribute): boolean {
  return name === 'disk_format' || name === 'container_format';
}

function acceptsFormats({ status }: Pick<Image, 'status'>): boolean {
  return status === 'queued' || status === 'importing';
}

function hasNew(names: Iterable<string>, held: { has(name: string): boolean }): boolean {
  for (const name of names) if (!held.has(name)) return true;
  return false;
}
