/** Namespaces of metadata definitions. Source: contract 09 §4. */
import { badRequest, forbidden } from '../../domain/errors.ts';
import { pageLinks } from '../../domain/images/page-links.ts';
import type { PageLinks } from '../../domain/images/page-links.ts';
import { parseNamespaceList } from '../../domain/metadefs/list-parameters.ts';
import type { MetadefNamespace, NamespaceAttributes, NamespaceContents } from '../../domain/metadefs/metadefs.ts';
import { withPrefix } from '../../domain/metadefs/prefixes.ts';
import type { NamespaceRequest } from '../../domain/metadefs/request-documents.ts';
import { callerProjectTarget } from '../../domain/policy/image-target.ts';
import { namespaceTarget } from '../../domain/policy/metadef-target.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { quoteForMessage } from '../../domain/text-rules.ts';
import type { QueryPair } from '../../lib/query-string.ts';
import type { ListedNamespace } from '../../ports/metadef-repository.ts';
import type { ServiceParts } from '../service-parts.ts';
import { authorizeOnMetadefs, isAllowed, namespaceNotFound, openNamespace } from './metadef-access.ts';
import type { MetadefParts } from './metadef-access.ts';

export interface NamespacePage {
  readonly namespaces: readonly ListedNamespace[];
  readonly links: PageLinks;
}

export async function listNamespaces(
  parts: MetadefParts & Pick<ServiceParts, 'limits'>,
  context: RequestContext,
  request: { readonly path: string; readonly query: readonly QueryPair[] },
): Promise<NamespacePage> {
  const query = parseNamespaceList(request.query, context, parts.limits);
  await authorizeOnMetadefs(parts, context, {
    rules: ['get_metadef_namespaces', 'list_metadef_resource_types'],
    target: callerProjectTarget(context),
  });
  if (query.marker !== null) await requireMarker(parts, context, query.marker);
  const page = await parts.metadefs.namespaces.list(query);
  const namespaces: ListedNamespace[] = [];
  for (const item of page) {
    const target = namespaceTarget(item.namespace);
    if (await isAllowed(parts, context, { rule: 'get_metadef_namespace', target })) namespaces.push(item);
  }
  // By the page as it was before anything was dropped from it, so that what comes behind can be reached.
  const last = page.length < query.limit ? undefined : page.at(-1);
  return { namespaces, links: pageLinks(request.path, request.query, last?.namespace.name ?? null) };
}

/** `notFound` for no namespace at all, `forbidden` for one the caller may not see. */
async function requireMarker({ metadefs }: MetadefParts, context: RequestContext, marker: string): Promise<void> {
  if ((await metadefs.namespaces.show(context, marker)) !== undefined) return;
  const anybodys = await metadefs.namespaces.show({ isAdmin: true, projectId: null }, marker);
  if (anybodys === undefined) throw namespaceNotFound(marker);
  throw forbidden(`The metadata definition namespace ${quoteForMessage(marker)} is not visible.`);
}

/** With `resourceType`, properties are called as they are on resources of that type. */
export async function showNamespace(
  parts: MetadefParts,
  context: RequestContext,
  request: { readonly namespace: string; readonly resourceType: string | null },
): Promise<{ readonly namespace: MetadefNamespace; readonly contents: NamespaceContents }> {
  const namespace = await openNamespace(parts, context, {
    namespace: request.namespace,
    rules: [
      'get_metadef_namespace',
      'list_metadef_resource_types',
      'get_metadef_objects',
      'get_metadef_properties',
      'get_metadef_tags',
    ],
  });
  const contents = await parts.metadefs.namespaces.showContents(namespace.id);
  const association = contents.associations.find(({ name }) => name === request.resourceType);
  return { namespace, contents: withPrefix(contents, association?.prefix ?? '') };
}

export async function createNamespace(
  parts: MetadefParts,
  context: RequestContext,
  { attributes, contents }: NamespaceRequest,
): Promise<MetadefNamespace> {
  const wanted = { ...attributes, owner: ownerFor(context, attributes.owner) };
  await authorizeOnMetadefs(parts, context, {
    rules: ['add_metadef_namespace'],
    target: callerProjectTarget(context),
  });
  const rules = [
    ...((contents.associations?.length ?? 0) > 0 ? ['add_metadef_resource_type_association'] : []),
    ...((contents.objects?.length ?? 0) > 0 ? ['add_metadef_object'] : []),
    ...((contents.tags?.length ?? 0) > 0 ? ['add_metadef_tag'] : []),
    ...((contents.properties?.size ?? 0) > 0 ? ['add_metadef_property'] : []),
  ];
  await authorizeOnMetadefs(parts, context, { rules, target: namespaceTarget(wanted) });
  return parts.metadefs.namespaces.create(wanted, contents, parts.clock.now());
}

/** Replaces all attributes; its answer still has the former time of change. */
export async function updateNamespace(
  parts: MetadefParts,
  context: RequestContext,
  request: { readonly namespace: string; readonly attributes: NamespaceRequest['attributes'] },
): Promise<MetadefNamespace> {
  const namespace = await openNamespace(parts, context, {
    namespace: request.namespace,
    rules: ['modify_metadef_namespace'],
  });
  const attributes: NamespaceAttributes = {
    ...request.attributes,
    owner: ownerFor(context, request.attributes.owner),
  };
  await parts.metadefs.namespaces.update(namespace.id, attributes, parts.clock.now());
  return { ...namespace, ...attributes };
}

export async function deleteNamespace(parts: MetadefParts, context: RequestContext, name: string): Promise<void> {
  const namespace = await openNamespace(parts, context, { namespace: name, rules: ['delete_metadef_namespace'] });
  await parts.metadefs.namespaces.delete(namespace.id);
}

function ownerFor(context: RequestContext, requested: string | null): string {
  const owner = requested ?? context.projectId;
  if (owner === null) throw badRequest('Without a project of its own the caller must name the owner.');
  return owner;
}
