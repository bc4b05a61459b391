/** Tags of a namespace. Source: contract 09 §7. */
import { checkNewName, readTagRequest, readTagsRequest } from '../../../domain/metadefs/request-documents.ts';
import {
  createTag,
  createTags,
  deleteTag,
  deleteTags,
  listTags,
  showTag,
  updateTag,
} from '../../../usecases/metadefs/tags.ts';
import type { ServiceParts } from '../../../usecases/service-parts.ts';
import { emptyAnswer, pathParameter } from '../../api-call.ts';
import type { ApiCall, OperationHandler } from '../../api-call.ts';
import { tagView } from '../../views/metadef-views.ts';
import { metadefAnswer, readMetadefBody } from './metadef-exchange.ts';

const trueWords: ReadonlySet<string> = new Set(['1', 't', 'true', 'on', 'y', 'yes']);

export function listTagsHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const namespace = pathParameter(call, 'namespace_name');
    const tags = await listTags(parts, call.context, { namespace, query: call.query });
    return metadefAnswer(200, { tags: tags.map(({ name }) => ({ name })) });
  };
}

export function createTagsHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const tags = readTagsRequest(parts.metadefSchemas.problem, await readMetadefBody(call));
    const names = tags.map(({ name }) => name);
    const append = trueWords.has(call.header('x-openstack-append')?.trim().toLowerCase() ?? '');
    const namespace = pathParameter(call, 'namespace_name');
    await createTags(parts, call.context, { namespace, names, append });
    return metadefAnswer(201, { tags });
  };
}

export function showTagHandler(parts: ServiceParts): OperationHandler {
  return async (call) => metadefAnswer(200, tagView(await showTag(parts, call.context, tagOf(call))));
}

export function createTagHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const input = tagOf(call);
    const name = checkNewName(input.name);
    return metadefAnswer(201, tagView(await createTag(parts, call.context, { ...input, name })));
  };
}

export function updateTagHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const { name: newName } = readTagRequest(parts.metadefSchemas.problem, await readMetadefBody(call));
    return metadefAnswer(200, tagView(await updateTag(parts, call.context, { ...tagOf(call), newName })));
  };
}

export function deleteTagHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await deleteTag(parts, call.context, tagOf(call));
    return emptyAnswer(204);
  };
}

export function deleteTagsHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await deleteTags(parts, call.context, pathParameter(call, 'namespace_name'));
    return emptyAnswer(204);
  };
}

function tagOf(call: ApiCall): { namespace: string; name: string } {
  return { namespace: pathParameter(call, 'namespace_name'), name: pathParameter(call, 'tag_name') };
}
