/** Tags of a namespace. Source: contract 09 §7. */
import { parseTagList } from '../../domain/metadefs/list-parameters.ts';
import type { MetadefTag } from '../../domain/metadefs/metadefs.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { QueryPair } from '../../lib/query-string.ts';
import { childNotFound, openNamespace } from './metadef-access.ts';
import type { MetadefParts } from './metadef-access.ts';

interface TagInput {
  readonly namespace: string;
  readonly name: string;
}

export async function listTags(
  parts: MetadefParts,
  context: RequestContext,
  request: { readonly namespace: string; readonly query: readonly QueryPair[] },
): Promise<readonly MetadefTag[]> {
  const query = parseTagList(request.query);
  const { id } = await openNamespace(parts, context, { namespace: request.namespace, rules: ['get_metadef_tags'] });
  const tags = await parts.metadefs.tags.list(id, query);
  if (tags === undefined) throw childNotFound('tag', query.marker ?? '');
  return tags;
}

export async function showTag(parts: MetadefParts, context: RequestContext, input: TagInput): Promise<MetadefTag> {
  const { id } = await openNamespace(parts, context, { namespace: input.namespace, rules: ['get_metadef_tag'] });
  const tag = await parts.metadefs.tags.show(id, input.name);
  if (tag === undefined) throw childNotFound('tag', input.name);
  return tag;
}

export async function createTag(parts: MetadefParts, context: RequestContext, input: TagInput): Promise<MetadefTag> {
  const { id } = await openNamespace(parts, context, { namespace: input.namespace, rules: ['add_metadef_tag'] });
  const at = parts.clock.now();
  await parts.metadefs.tags.create(id, { names: [input.name], replace: false }, at);
  return { name: input.name, createdAt: at, updatedAt: at };
}

/** Instead of all tags there are, unless they are to be added or there are none. */
export async function createTags(
  parts: MetadefParts,
  context: RequestContext,
  request: { readonly namespace: string; readonly names: readonly string[]; readonly append: boolean },
): Promise<void> {
  const { id } = await openNamespace(parts, context, { namespace: request.namespace, rules: ['add_metadef_tags'] });
  const tags = { names: request.names, replace: !request.append };
  await parts.metadefs.tags.create(id, tags, parts.clock.now());
}

/** Its answer still has the former time of change. */
export async function updateTag(
  parts: MetadefParts,
  context: RequestContext,
  input: TagInput & { readonly newName: string },
): Promise<MetadefTag> {
  const { id } = await openNamespace(parts, context, { namespace: input.namespace, rules: ['modify_metadef_tag'] });
  const change = { to: input.newName, at: parts.clock.now() };
  const before = await parts.metadefs.tags.rename(id, input.name, change);
  if (before === undefined) throw childNotFound('tag', input.name);
  return { ...before, name: input.newName };
}

export async function deleteTag(parts: MetadefParts, context: RequestContext, input: TagInput): Promise<void> {
  const { id } = await openNamespace(parts, context, { namespace: input.namespace, rules: ['delete_metadef_tag'] });
  if (!(await parts.metadefs.tags.delete(id, input.name))) throw childNotFound('tag', input.name);
}

export async function deleteTags(parts: MetadefParts, context: RequestContext, namespace: string): Promise<void> {
  const rules = ['delete_metadef_namespace', 'delete_metadef_tags'];
  const { id } = await openNamespace(parts, context, { namespace, rules });
  await parts.metadefs.tags.deleteAll(id);
}
