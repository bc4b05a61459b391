/** Which handler serves which operation on metadata definitions. */
import type { OperationId } from '@lucarne/contract/operations.ts';
import type { ServiceParts } from '../../../usecases/service-parts.ts';
import type { OperationHandler } from '../../api-call.ts';
import {
  createNamespaceHandler,
  deleteNamespaceHandler,
  listNamespacesHandler,
  showNamespaceHandler,
  updateNamespaceHandler,
} from './namespaces.ts';
import {
  createObjectHandler,
  deleteObjectHandler,
  deleteObjectsHandler,
  listObjectsHandler,
  showObjectHandler,
  updateObjectHandler,
} from './objects.ts';
import {
  createPropertyHandler,
  deletePropertiesHandler,
  deletePropertyHandler,
  listPropertiesHandler,
  showPropertyHandler,
  updatePropertyHandler,
} from './properties.ts';
import {
  createAssociationHandler,
  deleteAssociationHandler,
  listAssociationsHandler,
  listResourceTypesHandler,
} from './resource-types.ts';
import {
  createTagHandler,
  createTagsHandler,
  deleteTagHandler,
  deleteTagsHandler,
  listTagsHandler,
  showTagHandler,
  updateTagHandler,
} from './tags.ts';

type MetadefOperationId = Exclude<Extract<OperationId, `${string}Metadef${string}`>, `${string}Schema`>;

export function metadefHandlers(parts: ServiceParts): Readonly<Record<MetadefOperationId, OperationHandler>> {
  return {
    listMetadefNamespaces: listNamespacesHandler(parts),
    createMetadefNamespace: createNamespaceHandler(parts),
    showMetadefNamespace: showNamespaceHandler(parts),
    updateMetadefNamespace: updateNamespaceHandler(parts),
    deleteMetadefNamespace: deleteNamespaceHandler(parts),
    listMetadefResourceTypes: listResourceTypesHandler(parts),
    listMetadefResourceTypeAssociations: listAssociationsHandler(parts),
    createMetadefResourceTypeAssociation: createAssociationHandler(parts),
    deleteMetadefResourceTypeAssociation: deleteAssociationHandler(parts),
    listMetadefProperties: listPropertiesHandler(parts),
    createMetadefProperty: createPropertyHandler(parts),
    deleteMetadefProperties: deletePropertiesHandler(parts),
    showMetadefProperty: showPropertyHandler(parts),
    updateMetadefProperty: updatePropertyHandler(parts),
    deleteMetadefProperty: deletePropertyHandler(parts),
    listMetadefObjects: listObjectsHandler(parts),
    createMetadefObject: createObjectHandler(parts),
    deleteMetadefObjects: deleteObjectsHandler(parts),
    showMetadefObject: showObjectHandler(parts),
    updateMetadefObject: updateObjectHandler(parts),
    deleteMetadefObject: deleteObjectHandler(parts),
    listMetadefTags: listTagsHandler(parts),
    createMetadefTags: createTagsHandler(parts),
    deleteMetadefTags: deleteTagsHandler(parts),
    showMetadefTag: showTagHandler(parts),
    createMetadefTag: createTagHandler(parts),
    updateMetadefTag: updateTagHandler(parts),
    deleteMetadefTag: deleteTagHandler(parts),
  };
}
