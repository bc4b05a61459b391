/** Metadata definitions: the tags of a namespace. Source: contract 09 §7. */
import { headerNames } from '@lucarne/contract/header-names.ts';
import type {
  MetadefTagList,
  MetadefTagListQuery,
  MetadefTagsRequest,
  MetadefTagView,
} from '@lucarne/contract/wire.ts';
import { callOf, jsonBody, sendForJson, sendForNothing } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';
import type { MetadefChild } from './metadef-namespaces.ts';

export interface TagsOptions extends CallOptions {
  /** Keeps the tags the namespace has. */
  readonly append?: boolean;
}

/** Those that change something are for administrators: 403 for others. 404 for a namespace the caller cannot see. */
export interface MetadefTagMethods {
  /** Names alone, newest first; nothing says whether there are more. */
  listMetadefTags(namespace: string, query?: MetadefTagListQuery, options?: CallOptions): Promise<MetadefTagList>;
  /**
   * Replaces the tags of a namespace by those named, or adds these; an empty list changes nothing. All or none: 409 if a
   * name comes twice or, when appending, is there already.
   */
  createMetadefTags(namespace: string, names: readonly string[], options?: TagsOptions): Promise<MetadefTagList>;
  /** All of a namespace. 403 while it is protected. */
  deleteMetadefTags(namespace: string, options?: CallOptions): Promise<void>;
  showMetadefTag(tag: MetadefChild, options?: CallOptions): Promise<MetadefTagView>;
  /** 409 if the namespace has a tag of this name. */
  createMetadefTag(tag: MetadefChild, options?: CallOptions): Promise<MetadefTagView>;
  /** Renames. 409 if the new name is taken. */
  updateMetadefTag(tag: MetadefChild, newName: string, options?: CallOptions): Promise<MetadefTagView>;
  /** 403 while the namespace is protected. */
  deleteMetadefTag(tag: MetadefChild, options?: CallOptions): Promise<void>;
}

export function metadefTagMethods(connection: Connection): MetadefTagMethods {
  return {
    listMetadefTags: (namespace, query = {}, options = {}) =>
      sendForJson(connection, {
        ...callOf('listMetadefTags', { namespace_name: namespace }),
        query: { ...query },
        ...options,
      }),
    createMetadefTags: (namespace, names, options) => createTags(connection, { namespace, names }, options),
    deleteMetadefTags: (namespace, options) =>
      sendForNothing(connection, { ...callOf('deleteMetadefTags', { namespace_name: namespace }), ...options }),
    showMetadefTag: ({ namespace, name }, options) =>
      sendForJson(connection, {
        ...callOf('showMetadefTag', { namespace_name: namespace, tag_name: name }),
        ...options,
      }),
    createMetadefTag: ({ namespace, name }, options) =>
      sendForJson(connection, {
        ...callOf('createMetadefTag', { namespace_name: namespace, tag_name: name }),
        ...options,
      }),
    updateMetadefTag: ({ namespace, name }, newName, options) =>
      sendForJson(connection, {
        ...callOf('updateMetadefTag', { namespace_name: namespace, tag_name: name }),
        ...jsonBody({ name: newName }),
        ...options,
      }),
    deleteMetadefTag: ({ namespace, name }, options) =>
      sendForNothing(connection, {
        ...callOf('deleteMetadefTag', { namespace_name: namespace, tag_name: name }),
        ...options,
      }),
  };
}

interface NewTags {
  readonly namespace: string;
  readonly names: readonly string[];
}

function createTags(
  connection: Connection,
  { namespace, names }: NewTags,
  { append = false, ...options }: TagsOptions = {},
): Promise<MetadefTagList> {
  const content = jsonBody({ tags: names.map((name) => ({ name })) } satisfies MetadefTagsRequest);
  return sendForJson(connection, {
    ...callOf('createMetadefTags', { namespace_name: namespace }),
    ...content,
    headers: { ...content.headers, ...(append ? { [headerNames.appendTags]: 'true' } : {}) },
    ...options,
  });
}
