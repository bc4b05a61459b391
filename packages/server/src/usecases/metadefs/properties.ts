/** Properties of a namespace. Source: contract 09 §5. */
import { namedDefinition } from '../../domain/metadefs/property-definition.ts';
import type { PropertyDefinition } from '../../domain/metadefs/property-definition.ts';
import { withoutPrefix } from '../../domain/metadefs/prefixes.ts';
import type { PropertyRequest } from '../../domain/metadefs/request-documents.ts';
import { namespaceTarget } from '../../domain/policy/metadef-target.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { authorizeOnMetadefs, childNotFound, openNamespace } from './metadef-access.ts';
import type { MetadefParts } from './metadef-access.ts';

interface PropertyInput {
  readonly namespace: string;
  readonly name: string;
}

export async function listProperties(
  parts: MetadefParts,
  context: RequestContext,
  namespace: string,
): Promise<ReadonlyMap<string, PropertyDefinition>> {
  const { id } = await openNamespace(parts, context, { namespace, rules: ['get_metadef_properties'] });
  return parts.metadefs.properties.list(id);
}

/** With `resourceType`, `name` is what the property is called on resources of that type. */
export async function showProperty(
  parts: MetadefParts,
  context: RequestContext,
  input: PropertyInput & { readonly resourceType: string | null },
): Promise<PropertyDefinition> {
  const { resourceType } = input;
  const namespace = await openNamespace(parts, context, {
    namespace: input.namespace,
    rules: ['get_metadef_property'],
  });
  let { name } = input;
  if (resourceType !== null) {
    const target = namespaceTarget(namespace);
    await authorizeOnMetadefs(parts, context, { rules: ['get_metadef_resource_type'], target });
    const association = await parts.metadefs.resourceTypes.showAssociation(namespace.id, resourceType);
    if (association === undefined) throw childNotFound('resource type', resourceType);
    name = withoutPrefix(name, association.prefix);
  }
  const definition = await parts.metadefs.properties.show(namespace.id, name);
  if (definition === undefined) throw childNotFound('property', name);
  return namedDefinition(name, definition);
}

export async function createProperty(
  parts: MetadefParts,
  context: RequestContext,
  request: { readonly namespace: string; readonly property: PropertyRequest },
): Promise<PropertyDefinition> {
  const { namespace, property } = request;
  const { id } = await openNamespace(parts, context, { namespace, rules: ['add_metadef_property'] });
  await parts.metadefs.properties.create(id, property, parts.clock.now());
  return namedDefinition(property.name, property.definition);
}

/** Replaces the property, its name included. */
export async function updateProperty(
  parts: MetadefParts,
  context: RequestContext,
  input: PropertyInput & { readonly property: PropertyRequest },
): Promise<PropertyDefinition> {
  const { namespace, name, property } = input;
  const { id } = await openNamespace(parts, context, { namespace, rules: ['modify_metadef_property'] });
  const change = { property, at: parts.clock.now() };
  if (!(await parts.metadefs.properties.update(id, name, change))) throw childNotFound('property', name);
  return namedDefinition(property.name, property.definition);
}

export async function deleteProperty(
  parts: MetadefParts,
  context: RequestContext,
  input: PropertyInput,
): Promise<void> {
  const { namespace, name } = input;
  const { id } = await openNamespace(parts, context, { namespace, rules: ['remove_metadef_property'] });
  if (!(await parts.metadefs.properties.delete(id, name))) throw childNotFound('property', name);
}

export async function deleteProperties(parts: MetadefParts, context: RequestContext, namespace: string): Promise<void> {
  const { id } = await openNamespace(parts, context, { namespace, rules: ['delete_metadef_namespace'] });
  await parts.metadefs.properties.deleteAll(id);
}
