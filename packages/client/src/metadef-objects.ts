/** Metadata definitions: the objects of a namespace, which are groups of properties. Source: contract 09 §6. */
import type { MetadefObjectList, MetadefObjectRequest, MetadefObjectView } from '@lucarne/contract/wire.ts';
import { callOf, jsonBody, sendForJson, sendForNothing } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';
import type { MetadefChild } from './metadef-namespaces.ts';

/** Those that change something are for administrators: 403 for others. 404 for a namespace the caller cannot see. */
export interface MetadefObjectMethods {
  /** All of a namespace, in the order they were created; there are no pages. */
  listMetadefObjects(namespace: string, options?: CallOptions): Promise<MetadefObjectList>;
  /** 409 if the namespace has an object of this name. */
  createMetadefObject(
    namespace: string,
    request: MetadefObjectRequest,
    options?: CallOptions,
  ): Promise<MetadefObjectView>;
  /** All of a namespace. 403 while it is protected. */
  deleteMetadefObjects(namespace: string, options?: CallOptions): Promise<void>;
  showMetadefObject(object: MetadefChild, options?: CallOptions): Promise<MetadefObjectView>;
  /** Replaces all of it, and renames if the replacement has another name. 409 if that name is taken. */
  updateMetadefObject(
    object: MetadefChild,
    replacement: MetadefObjectRequest,
    options?: CallOptions,
  ): Promise<MetadefObjectView>;
  /** 403 while the namespace is protected. */
  deleteMetadefObject(object: MetadefChild, options?: CallOptions): Promise<void>;
}

export function metadefObjectMethods(connection: Connection): MetadefObjectMethods {
  return {
    listMetadefObjects: (namespace, options) =>
      sendForJson(connection, { ...callOf('listMetadefObjects', { namespace_name: namespace }), ...options }),
    createMetadefObject: (namespace, request, options) =>
      sendForJson(connection, {
        ...callOf('createMetadefObject', { namespace_name: namespace }),
        ...jsonBody(request),
        ...options,
      }),
    deleteMetadefObjects: (namespace, options) =>
      sendForNothing(connection, { ...callOf('deleteMetadefObjects', { namespace_name: namespace }), ...options }),
    showMetadefObject: ({ namespace, name }, options) =>
      sendForJson(connection, {
        ...callOf('showMetadefObject', { namespace_name: namespace, object_name: name }),
        ...options,
      }),
    updateMetadefObject: ({ namespace, name }, replacement, options) =>
      sendForJson(connection, {
        ...callOf('updateMetadefObject', { namespace_name: namespace, object_name: name }),
        ...jsonBody(replacement),
        ...options,
      }),
    deleteMetadefObject: ({ namespace, name }, options) =>
      sendForNothing(connection, {
        ...callOf('deleteMetadefObject', { namespace_name: namespace, object_name: name }),
        ...options,
      }),
  };
}
