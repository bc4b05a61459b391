/**
 * What one caller may do with custom properties. The attributes of the service itself are not asked about; its own notes
 * are open to everybody, for whoever may write them is decided elsewhere. Source: contract 10 §7, 02 §10.
 */
import { conflict, forbidden } from '../errors.ts';
import { isServiceProperty } from '../images/attribute-rules.ts';
import type { Image } from '../images/image.ts';
import type { ImageFilter } from '../images/list-query.ts';
import { quoteForMessage } from '../text-rules.ts';
import type { RequestContext } from '../request-context.ts';
import { propertyActions } from './property-protections.ts';
import type { PropertyAction, PropertyProtections, ProtectionSection, Requirement } from './property-protections.ts';

export interface PropertyRights {
  may(action: PropertyAction, name: string): boolean;
  /** A sentence on who may, for those who are told; empty for everybody else. */
  explain(action: PropertyAction, name: string): string;
}

/** The rights of everybody where no property is protected. */
export const allPropertyRights: PropertyRights = { may: () => true, explain: () => '' };

/** Patterns of the sections that let a caller do something; what can be written down and read again. */
export type PropertyGrants = Readonly<Record<PropertyAction, readonly string[]>>;

/** Finds out which sections let the caller do what. `asks` gives the outcome of a policy rule, and is asked once for each. */
export async function findGrants(
  protections: PropertyProtections,
  context: Pick<RequestContext, 'roles' | 'serviceRoles'>,
  asks: (rule: string) => boolean | Promise<boolean>,
): Promise<PropertyGrants> {
  const roles = [...context.roles, ...context.serviceRoles.map((role) => role.toLowerCase())];
  const outcomes = new Map<string, boolean>();
  const grants: Record<PropertyAction, string[]> = { create: [], read: [], update: [], delete: [] };
  for (const { pattern, requirements } of protections.sections) {
    for (const action of propertyActions) {
      const requirement = requirements[action];
      if (requirement.kind === 'policy' && !outcomes.has(requirement.rule)) {
        outcomes.set(requirement.rule, await asks(requirement.rule));
      }
      if (isMet(requirement, roles, outcomes)) grants[action].push(pattern.source);
    }
  }
  return grants;
}

function isMet(requirement: Requirement, roles: readonly string[], outcomes: ReadonlyMap<string, boolean>): boolean {
  switch (requirement.kind) {
    case 'everybody':
      return true;
    case 'nobody':
      return false;
    case 'roles':
      return roles.some((role) => requirement.roles.has(role));
    case 'policy':
      return outcomes.get(requirement.rule) === true;
  }
}

/** `explains`: the caller is told which section refuses what, and to whom it does not. */
export function rightsOf(
  protections: PropertyProtections,
  grants: PropertyGrants,
  { explains }: { readonly explains: boolean } = { explains: false },
): PropertyRights {
  const granted = new Map(propertyActions.map((action) => [action, new Set(grants[action])]));
  return {
    may(action, name) {
      if (isServiceProperty(name)) return true;
      const section = protections.sectionOf(name);
      return section !== null && granted.get(action)?.has(section.pattern.source) === true;
    },
    explain: (action, name) => (explains ? explanationOf(protections.sectionOf(name), action) : ''),
  };
}

function explanationOf(section: ProtectionSection | null, action: PropertyAction): string {
  if (section === null) return 'No section of the property protections is found in its name.';
  return `Section [${section.pattern.source}] of the property protections lets ${whoMeets(section.requirements[action])} ${action} it.`;
}

function whoMeets(requirement: Requirement): string {
  switch (requirement.kind) {
    case 'everybody':
      return 'everybody';
    case 'nobody':
      return 'nobody';
    case 'roles':
      return `only those with one of the roles ${[...requirement.roles].join(', ')}`;
    case 'policy':
      return `only those whom rule \`${requirement.rule}\` allows`;
  }
}

/** The image without what the caller may not read; the very same when it may read everything. */
export function readableImage(image: Image, rights: PropertyRights): Image {
  const readable = [...image.properties].filter(([name]) => rights.may('read', name));
  return readable.length === image.properties.size ? image : { ...image, properties: new Map(readable) };
}

/** Raises 403 for the first property of a new image that the caller may not create. */
export function checkNewProperties(names: Iterable<string>, rights: PropertyRights): void {
  for (const name of names) if (!rights.may('create', name)) throw reserved(name, 'create', rights);
}

/** One change of a property by a caller: what it wants, and whether the image has the property. */
export interface PropertyChange {
  readonly verb: 'add' | 'addNew' | 'replace' | 'remove';
  readonly name: string;
  readonly exists: boolean;
}

/**
 * Raises 409 when the change is not possible on what the caller sees, 403 when it may not make it. To somebody who may not
 * read a property it does not exist; adding it then takes the right to create it, and to change it if it is there.
 */
export function checkPropertyChange({ verb, name, exists }: PropertyChange, rights: PropertyRights): void {
  const isSeen = exists && rights.may('read', name);
  if (verb === 'addNew' && isSeen) throw conflict(`The image has a property ${quoteForMessage(name)} already.`);
  if ((verb === 'replace' || verb === 'remove') && !isSeen) {
    throw conflict(`The image has no property ${quoteForMessage(name)}.`);
  }
  const needed: PropertyAction[] = verb === 'remove' ? ['delete'] : isSeen ? ['update'] : ['create'];
  if (exists && !isSeen) needed.push('update');
  const refused = needed.find((action) => !rights.may(action, name));
  if (refused !== undefined) throw reserved(name, refused, rights);
}

/** Properties to be written to an image at once, without those that the caller may neither create nor change. */
export function writableProperties(
  properties: ReadonlyMap<string, string>,
  image: Pick<Image, 'properties'>,
  rights: PropertyRights,
): ReadonlyMap<string, string> {
  return new Map(
    [...properties].filter(([name]) => rights.may(image.properties.has(name) ? 'update' : 'create', name)),
  );
}

/** A filter by what the caller may not read finds nothing, lest its results tell the value. */
export function readableFilters(filters: readonly ImageFilter[], rights: PropertyRights): readonly ImageFilter[] {
  return filters.map((filter) =>
    filter.kind === 'property' && !rights.may('read', filter.name) ? { kind: 'nothing' } : filter,
  );
}

function reserved(name: string, action: PropertyAction, rights: PropertyRights): Error {
  const refusal = `The property ${quoteForMessage(name)} is protected, and not open to this caller.`;
  return forbidden(`${refusal} ${rights.explain(action, name)}`.trimEnd());
}
