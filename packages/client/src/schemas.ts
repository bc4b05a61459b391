/** The JSON schemas a service publishes. Source: contract 07. */
import type { OperationId } from '@lucarne/contract/operations.ts';
import type { SchemaDocument } from '@lucarne/contract/schemas/json-schema.ts';
import { callOf, sendForJson } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';

/** Operations that answer with a schema document. */
export type SchemaOperationId = Extract<OperationId, `show${string}Schema`>;

export type SchemaMethods = { readonly [Id in SchemaOperationId]: (options?: CallOptions) => Promise<SchemaDocument> };

export function schemaMethods(connection: Connection): SchemaMethods {
  const show = (id: SchemaOperationId) => (options?: CallOptions) =>
    sendForJson<SchemaDocument>(connection, { ...callOf(id, {}), ...options });
  return {
    showImageSchema: show('showImageSchema'),
    showImagesSchema: show('showImagesSchema'),
    showMemberSchema: show('showMemberSchema'),
    showMembersSchema: show('showMembersSchema'),
    showTaskSchema: show('showTaskSchema'),
    showTasksSchema: show('showTasksSchema'),
    showMetadefNamespaceSchema: show('showMetadefNamespaceSchema'),
    showMetadefNamespacesSchema: show('showMetadefNamespacesSchema'),
    showMetadefResourceTypeSchema: show('showMetadefResourceTypeSchema'),
    showMetadefResourceTypesSchema: show('showMetadefResourceTypesSchema'),
    showMetadefPropertySchema: show('showMetadefPropertySchema'),
    showMetadefPropertiesSchema: show('showMetadefPropertiesSchema'),
    showMetadefObjectSchema: show('showMetadefObjectSchema'),
    showMetadefObjectsSchema: show('showMetadefObjectsSchema'),
    showMetadefTagSchema: show('showMetadefTagSchema'),
    showMetadefTagsSchema: show('showMetadefTagsSchema'),
  };
}
