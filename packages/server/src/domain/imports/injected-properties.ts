/**
 * The properties that the operator gives to imported images (plugin inject_image_metadata). Source: contract 04 §7, 11 §4.
 */
import {
  isDerivedAttribute,
  isReservedName,
  isServiceAttribute,
  isWritableAttribute,
} from '../images/attribute-rules.ts';

export interface PropertyInjection {
  /** Who has one of these roles is left alone. */
  readonly ignoreUserRoles: readonly string[];
  readonly properties: ReadonlyMap<string, string>;
}

/** Attributes no table of attribute rules lists, for they are never written under these names. */
const fixedAttributes: ReadonlySet<string> = new Set(['id', 'locations']);

/**
 * What an image gets that somebody with these roles imports; roles are compared without regard to case. Names that are
 * not free for properties, those of attributes and of the service's own notes, are dropped.
 */
export function injectedProperties(
  injection: PropertyInjection,
  roles: readonly string[],
): ReadonlyMap<string, string> {
  const ignored = new Set(injection.ignoreUserRoles.map((role) => role.toLowerCase()));
  if (roles.some((role) => ignored.has(role.toLowerCase()))) return new Map();
  return new Map([...injection.properties].filter(([name]) => isFreePropertyName(name)));
}

/** Whether a property may have that name: it is neither an attribute nor a note of the service itself. */
export function isFreePropertyName(name: string): boolean {
  const isAttribute =
    fixedAttributes.has(name) || isWritableAttribute(name) || isDerivedAttribute(name) || isServiceAttribute(name);
  return !isAttribute && !isReservedName(name);
}
