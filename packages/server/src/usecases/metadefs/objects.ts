/** Objects of a namespace, which group properties. Source: contract 09 §6. */
import { checkObjectList } from '../../domain/metadefs/list-parameters.ts';
import type { MetadefObject, ObjectAttributes } from '../../domain/metadefs/metadefs.ts';
import { namespaceTarget } from '../../domain/policy/metadef-target.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { QueryPair } from '../../lib/query-string.ts';
import { childNotFound, isAllowed, openNamespace } from './metadef-access.ts';
import type { MetadefParts } from './metadef-access.ts';

interface ObjectInput {
  readonly namespace: string;
  readonly name: string;
}

export async function listObjects(
  parts: MetadefParts,
  context: RequestContext,
  request: { readonly namespace: string; readonly query: readonly QueryPair[] },
): Promise<readonly MetadefObject[]> {
  checkObjectList(request.query);
  const namespace = await openNamespace(parts, context, {
    namespace: request.namespace,
    rules: ['get_metadef_objects'],
  });
  // The rule knows nothing of the single object, so it allows all of them or none.
  const single = { rule: 'get_metadef_object', target: namespaceTarget(namespace) };
  if (!(await isAllowed(parts, context, single))) return [];
  return parts.metadefs.objects.list(namespace.id);
}

export async function showObject(
  parts: MetadefParts,
  context: RequestContext,
  { namespace, name }: ObjectInput,
): Promise<MetadefObject> {
  const { id } = await openNamespace(parts, context, { namespace, rules: ['get_metadef_object'] });
  const object = await parts.metadefs.objects.show(id, name);
  if (object === undefined) throw childNotFound('object', name);
  return object;
}

export async function createObject(
  parts: MetadefParts,
  context: RequestContext,
  { namespace, object }: { readonly namespace: string; readonly object: ObjectAttributes },
): Promise<MetadefObject> {
  const { id } = await openNamespace(parts, context, { namespace, rules: ['add_metadef_object'] });
  const at = parts.clock.now();
  await parts.metadefs.objects.create(id, object, at);
  return { ...object, createdAt: at, updatedAt: at };
}

/** Replaces the object, its name included; its answer still has the former time of change. */
export async function updateObject(
  parts: MetadefParts,
  context: RequestContext,
  { namespace, name, object }: ObjectInput & { readonly object: ObjectAttributes },
): Promise<MetadefObject> {
  const { id } = await openNamespace(parts, context, { namespace, rules: ['modify_metadef_object'] });
  const before = await parts.metadefs.objects.update(id, name, { object, at: parts.clock.now() });
  if (before === undefined) throw childNotFound('object', name);
  return { ...before, ...object };
}

export async function deleteObject(
  parts: MetadefParts,
  context: RequestContext,
  { namespace, name }: ObjectInput,
): Promise<void> {
  const { id } = await openNamespace(parts, context, { namespace, rules: ['delete_metadef_object'] });
  if (!(await parts.metadefs.objects.delete(id, name))) throw childNotFound('object', name);
}

export async function deleteObjects(parts: MetadefParts, context: RequestContext, namespace: string): Promise<void> {
  const { id } = await openNamespace(parts, context, { namespace, rules: ['delete_metadef_namespace'] });
  await parts.metadefs.objects.deleteAll(id);
}
