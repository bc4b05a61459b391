/** Metadata definitions: the namespaces that hold them. Source: contract 09 §4. */
import type {
  MetadefNamespaceList,
  MetadefNamespaceListQuery,
  MetadefNamespaceRequest,
  MetadefNamespaceView,
} from '@lucarne/contract/wire.ts';
import { callOf, jsonBody, sendForJson, sendForNothing } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';
import { eachItem } from './pages.ts';

/** A name with a slash, or of dots alone, cannot be part of a URL: what has one can be created but never addressed. */
export interface MetadefChild {
  readonly namespace: string;
  /** Of the property, object, tag or resource type. */
  readonly name: string;
}

export interface ResourceTypeOptions extends CallOptions {
  /** Names are given, or taken, with the prefix the namespace's association with this resource type has. */
  readonly resourceType?: string;
}

/** Those that change something are for administrators: 403 for others. 404 for a namespace the caller cannot see. */
export interface MetadefNamespaceMethods {
  /** One page, without properties, objects and tags. `next` of the answer says whether there may be more. */
  listMetadefNamespaces(query?: MetadefNamespaceListQuery, options?: CallOptions): Promise<MetadefNamespaceList>;
  /** All namespaces a query finds, page after page; `limit` is the size of a page. Stops asking when the loop stops. */
  eachMetadefNamespace(
    query?: MetadefNamespaceListQuery,
    options?: CallOptions,
  ): AsyncGenerator<MetadefNamespaceView, void>;
  /** With everything in it or not at all. 409 if the name is taken. */
  createMetadefNamespace(request: MetadefNamespaceRequest, options?: CallOptions): Promise<MetadefNamespaceView>;
  /** With everything in it. An unknown resource type changes nothing. */
  showMetadefNamespace(namespace: string, options?: ResourceTypeOptions): Promise<MetadefNamespaceView>;
  /**
   * Replaces all scalar fields, and renames if the request has another name: what is left out gets its default. What
   * is in the namespace stays as it is. 409 if the new name is taken.
   */
  updateMetadefNamespace(
    namespace: string,
    request: MetadefNamespaceRequest,
    options?: CallOptions,
  ): Promise<MetadefNamespaceView>;
  /** With everything in it. 403 while it is protected. */
  deleteMetadefNamespace(namespace: string, options?: CallOptions): Promise<void>;
}

export function metadefNamespaceMethods(connection: Connection): MetadefNamespaceMethods {
  return {
    listMetadefNamespaces: (query = {}, options = {}) => listNamespaces(connection, query, options),
    eachMetadefNamespace: (query = {}, options = {}) =>
      eachItem({
        query,
        list: (page) => listNamespaces(connection, page, options),
        itemsOf: ({ namespaces }) => namespaces,
      }),
    createMetadefNamespace: (request, options) =>
      sendForJson(connection, { ...callOf('createMetadefNamespace', {}), ...jsonBody(request), ...options }),
    showMetadefNamespace: (namespace, { resourceType, ...options } = {}) =>
      sendForJson(connection, {
        ...callOf('showMetadefNamespace', { namespace_name: namespace }),
        query: { resource_type: resourceType },
        ...options,
      }),
    updateMetadefNamespace: (namespace, request, options) =>
      sendForJson(connection, {
        ...callOf('updateMetadefNamespace', { namespace_name: namespace }),
        ...jsonBody(request),
        ...options,
      }),
    deleteMetadefNamespace: (namespace, options) =>
      sendForNothing(connection, { ...callOf('deleteMetadefNamespace', { namespace_name: namespace }), ...options }),
  };
}

function listNamespaces(
  connection: Connection,
  query: MetadefNamespaceListQuery,
  options: CallOptions,
): Promise<MetadefNamespaceList> {
  return sendForJson(connection, { ...callOf('listMetadefNamespaces', {}), query: { ...query }, ...options });
}
