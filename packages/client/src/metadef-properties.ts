/** Metadata definitions: the properties of a namespace. Source: contract 09 §5. */
import type { MetadefPropertyList, MetadefPropertyView } from '@lucarne/contract/wire.ts';
import { callOf, jsonBody, sendForJson, sendForNothing } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';
import type { MetadefChild, ResourceTypeOptions } from './metadef-namespaces.ts';

/** Those that change something are for administrators: 403 for others. 404 for a namespace the caller cannot see. */
export interface MetadefPropertyMethods {
  /** By name. */
  listMetadefProperties(namespace: string, options?: CallOptions): Promise<MetadefPropertyList>;
  /** A default is kept as text, a bound as a whole number. 409 if the namespace has a property of this name. */
  createMetadefProperty(
    namespace: string,
    property: MetadefPropertyView,
    options?: CallOptions,
  ): Promise<MetadefPropertyView>;
  /** All of a namespace. 403 while it is protected. */
  deleteMetadefProperties(namespace: string, options?: CallOptions): Promise<void>;
  /** 404 also if a resource type is given that the namespace has no prefix for, or the name does not begin with it. */
  showMetadefProperty(property: MetadefChild, options?: ResourceTypeOptions): Promise<MetadefPropertyView>;
  /** Replaces all of it, and renames if the replacement has another name. 409 if that name is taken. */
  updateMetadefProperty(
    property: MetadefChild,
    replacement: MetadefPropertyView,
    options?: CallOptions,
  ): Promise<MetadefPropertyView>;
  /** 403 while the namespace is protected. */
  deleteMetadefProperty(property: MetadefChild, options?: CallOptions): Promise<void>;
}

export function metadefPropertyMethods(connection: Connection): MetadefPropertyMethods {
  return {
    listMetadefProperties: (namespace, options) =>
      sendForJson(connection, { ...callOf('listMetadefProperties', { namespace_name: namespace }), ...options }),
    createMetadefProperty: (namespace, property, options) =>
      sendForJson(connection, {
        ...callOf('createMetadefProperty', { namespace_name: namespace }),
        ...jsonBody(property),
        ...options,
      }),
    deleteMetadefProperties: (namespace, options) =>
      sendForNothing(connection, { ...callOf('deleteMetadefProperties', { namespace_name: namespace }), ...options }),
    showMetadefProperty: ({ namespace, name }, { resourceType, ...options } = {}) =>
      sendForJson(connection, {
        ...callOf('showMetadefProperty', { namespace_name: namespace, property_name: name }),
        query: { resource_type: resourceType },
        ...options,
      }),
    updateMetadefProperty: ({ namespace, name }, replacement, options) =>
      sendForJson(connection, {
        ...callOf('updateMetadefProperty', { namespace_name: namespace, property_name: name }),
        ...jsonBody(replacement),
        ...options,
      }),
    deleteMetadefProperty: ({ namespace, name }, options) =>
      sendForNothing(connection, {
        ...callOf('deleteMetadefProperty', { namespace_name: namespace, property_name: name }),
        ...options,
      }),
  };
}
