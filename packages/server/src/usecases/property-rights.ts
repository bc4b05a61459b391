/** What a caller may do with custom properties, as the operator's protections and the policy in force have it. */
import { emptyTarget } from '../domain/policy/named-values.ts';
import { allPropertyRights, findGrants, rightsOf } from '../domain/property-protections/property-rights.ts';
import type { PropertyGrants, PropertyRights } from '../domain/property-protections/property-rights.ts';
import type { RequestContext } from '../domain/request-context.ts';
import type { ServiceParts } from './service-parts.ts';

type Parts = Pick<ServiceParts, 'policy' | 'protections'>;

export async function findPropertyRights(parts: Parts, context: RequestContext): Promise<PropertyRights> {
  const grants = await findPropertyGrants(parts, context);
  if (parts.protections === null || grants === null) return allPropertyRights;
  return rightsOf(parts.protections, grants, { explains: parts.policy.current().explainsDenials && context.isAdmin });
}

/** What a caller is granted, to be written down for work that goes on without it; null where nothing is protected. */
export async function findPropertyGrants(
  { protections, policy }: Parts,
  context: RequestContext,
): Promise<PropertyGrants | null> {
  if (protections === null) return null;
  const engine = policy.current();
  return findGrants(protections, context, (rule) => engine.allows(context, rule, emptyTarget));
}

/** Rights by what was written down; nobody has any where nothing was. */
export function propertyRightsOf(
  { protections }: Pick<ServiceParts, 'protections'>,
  grants: PropertyGrants | null,
): PropertyRights {
  if (protections === null) return allPropertyRights;
  return rightsOf(protections, grants ?? { create: [], read: [], update: [], delete: [] });
}
