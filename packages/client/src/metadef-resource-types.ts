/** Metadata definitions: the kinds of resources a namespace is for. Source: contract 09 §8. */
import type {
  MetadefResourceTypeAssociationList,
  MetadefResourceTypeAssociationRequest,
  MetadefResourceTypeAssociationView,
  MetadefResourceTypeList,
} from '@lucarne/contract/wire.ts';
import { callOf, jsonBody, sendForJson, sendForNothing } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';
import type { MetadefChild } from './metadef-namespaces.ts';

/** Those that change something are for administrators: 403 for others. 404 for a namespace the caller cannot see. */
export interface MetadefResourceTypeMethods {
  /** All there are; a type comes with its first association and stays. */
  listMetadefResourceTypes(options?: CallOptions): Promise<MetadefResourceTypeList>;
  listMetadefResourceTypeAssociations(
    namespace: string,
    options?: CallOptions,
  ): Promise<MetadefResourceTypeAssociationList>;
  /** 409 if the namespace is associated with the type already. */
  createMetadefResourceTypeAssociation(
    namespace: string,
    request: MetadefResourceTypeAssociationRequest,
    options?: CallOptions,
  ): Promise<MetadefResourceTypeAssociationView>;
  /** 403 while the namespace is protected. */
  deleteMetadefResourceTypeAssociation(association: MetadefChild, options?: CallOptions): Promise<void>;
}

export function metadefResourceTypeMethods(connection: Connection): MetadefResourceTypeMethods {
  return {
    listMetadefResourceTypes: (options) =>
      sendForJson(connection, { ...callOf('listMetadefResourceTypes', {}), ...options }),
    listMetadefResourceTypeAssociations: (namespace, options) =>
      sendForJson(connection, {
        ...callOf('listMetadefResourceTypeAssociations', { namespace_name: namespace }),
        ...options,
      }),
    createMetadefResourceTypeAssociation: (namespace, request, options) =>
      sendForJson(connection, {
        ...callOf('createMetadefResourceTypeAssociation', { namespace_name: namespace }),
        ...jsonBody(request),
        ...options,
      }),
    deleteMetadefResourceTypeAssociation: ({ namespace, name }, options) =>
      sendForNothing(connection, {
        ...callOf('deleteMetadefResourceTypeAssociation', { namespace_name: namespace, resource_type_name: name }),
        ...options,
      }),
  };
}
