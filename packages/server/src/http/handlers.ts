/** Which handler serves which operation. An operation that is neither here nor on the list of unbuilt ones does not compile. */
import type { OperationId } from '@lucarne/contract/operations.ts';
import { ImageServiceError } from '../domain/errors.ts';
import type { ServiceParts } from '../usecases/service-parts.ts';
import type { OperationHandler } from './api-call.ts';
import { downloadImageDataHandler, uploadImageDataHandler } from './handlers/image-data.ts';
import {
  createImageHandler,
  deactivateImageHandler,
  deleteImageHandler,
  listImagesHandler,
  reactivateImageHandler,
  showImageHandler,
  updateImageHandler,
} from './handlers/images.ts';
import {
  createMemberHandler,
  deleteMemberHandler,
  listMembersHandler,
  showMemberHandler,
  updateMemberHandler,
} from './handlers/members.ts';
import { schemaHandler } from './handlers/schemas.ts';
import type { SchemaDocuments } from './handlers/schemas.ts';
import { addImageTagHandler, removeImageTagHandler } from './handlers/tags.ts';
import { unbuiltOperations } from './unbuilt-operations.ts';
import type { BuiltOperationId } from './unbuilt-operations.ts';
import type { ImageViewOptions } from './views/image-view.ts';

export interface HandlerOptions {
  readonly parts: ServiceParts;
  readonly schemas: SchemaDocuments;
  readonly view: ImageViewOptions;
}

export function operationHandlers({
  parts,
  schemas,
  view,
}: HandlerOptions): Readonly<Record<OperationId, OperationHandler>> {
  const built: Record<BuiltOperationId, OperationHandler> = {
    listImages: listImagesHandler(parts, view),
    createImage: createImageHandler(parts, view),
    showImage: showImageHandler(parts, view),
    updateImage: updateImageHandler(parts, view),
    deleteImage: deleteImageHandler(parts, view),
    deactivateImage: deactivateImageHandler(parts),
    reactivateImage: reactivateImageHandler(parts),
    uploadImageData: uploadImageDataHandler(parts),
    downloadImageData: downloadImageDataHandler(parts),
    addImageTag: addImageTagHandler(parts),
    removeImageTag: removeImageTagHandler(parts),
    listMembers: listMembersHandler(parts),
    createMember: createMemberHandler(parts),
    showMember: showMemberHandler(parts),
    updateMember: updateMemberHandler(parts),
    deleteMember: deleteMemberHandler(parts),
    showImageSchema: schemaHandler(schemas.image),
    showImagesSchema: schemaHandler(schemas.images),
    showMemberSchema: schemaHandler(schemas.member),
    showMembersSchema: schemaHandler(schemas.members),
    showTaskSchema: schemaHandler(schemas.task),
    showTasksSchema: schemaHandler(schemas.tasks),
    showMetadefNamespaceSchema: schemaHandler(schemas['metadefs/namespace']),
    showMetadefNamespacesSchema: schemaHandler(schemas['metadefs/namespaces']),
    showMetadefResourceTypeSchema: schemaHandler(schemas['metadefs/resource_type']),
    showMetadefResourceTypesSchema: schemaHandler(schemas['metadefs/resource_types']),
    showMetadefPropertySchema: schemaHandler(schemas['metadefs/property']),
    showMetadefPropertiesSchema: schemaHandler(schemas['metadefs/properties']),
    showMetadefObjectSchema: schemaHandler(schemas['metadefs/object']),
    showMetadefObjectsSchema: schemaHandler(schemas['metadefs/objects']),
    showMetadefTagSchema: schemaHandler(schemas['metadefs/tag']),
    showMetadefTagsSchema: schemaHandler(schemas['metadefs/tags']),
  };
  return { ...built, ...notBuilt() };
}

function notBuilt(): Readonly<Record<(typeof unbuiltOperations)[number], OperationHandler>> {
  const handlers = unbuiltOperations.map((id) => [id, refuse(id)] as const);
  // The keys are exactly those of the list.
  return Object.fromEntries(handlers) as Record<(typeof unbuiltOperations)[number], OperationHandler>;
}

function refuse(id: OperationId): OperationHandler {
  return async () => {
    throw new ImageServiceError('notImplemented', `The operation ${id} is not part of this release.`);
  };
}
