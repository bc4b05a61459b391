/** Resource types, and which namespaces go with them. Source: contract 09 §8. */
import type { AssociationAttributes, ResourceType, ResourceTypeAssociation } from '../../domain/metadefs/metadefs.ts';
import { callerProjectTarget } from '../../domain/policy/image-target.ts';
import { namespaceTarget } from '../../domain/policy/metadef-target.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { authorizeOnMetadefs, childNotFound, isAllowed, openNamespace } from './metadef-access.ts';
import type { MetadefParts } from './metadef-access.ts';

export async function listResourceTypes(
  parts: MetadefParts,
  context: RequestContext,
): Promise<readonly ResourceType[]> {
  const target = callerProjectTarget(context);
  await authorizeOnMetadefs(parts, context, { rules: ['list_metadef_resource_types'], target });
  return parts.metadefs.resourceTypes.list();
}

export async function listAssociations(
  parts: MetadefParts,
  context: RequestContext,
  name: string,
): Promise<readonly ResourceTypeAssociation[]> {
  const namespace = await openNamespace(parts, context, { namespace: name, rules: ['list_metadef_resource_types'] });
  // The rule knows nothing of the single association, so it allows all of them or none.
  const request = { rule: 'get_metadef_resource_type', target: namespaceTarget(namespace) };
  if (!(await isAllowed(parts, context, request))) return [];
  return parts.metadefs.resourceTypes.listAssociations(namespace.id);
}

export async function createAssociation(
  parts: MetadefParts,
  context: RequestContext,
  request: { readonly namespace: string; readonly association: AssociationAttributes },
): Promise<ResourceTypeAssociation> {
  const { id } = await openNamespace(parts, context, {
    namespace: request.namespace,
    rules: ['add_metadef_resource_type_association'],
  });
  const at = parts.clock.now();
  await parts.metadefs.resourceTypes.associate(id, request.association, at);
  return { ...request.association, createdAt: at, updatedAt: at };
}

/** The resource type itself stays known. */
export async function deleteAssociation(
  parts: MetadefParts,
  context: RequestContext,
  request: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const { id } = await openNamespace(parts, context, {
    namespace: request.namespace,
    rules: ['remove_metadef_resource_type_association'],
  });
  if (!(await parts.metadefs.resourceTypes.dissociate(id, request.name))) {
    throw childNotFound('resource type', request.name);
  }
}
