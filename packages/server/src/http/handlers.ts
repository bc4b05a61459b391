/** Which handler serves which operation. An operation that is not here does not compile. */
import type { OperationId } from '@lucarne/contract/operations.ts';
import type { ServiceParts } from '../usecases/service-parts.ts';
import type { OperationHandler } from './api-call.ts';
import {
  cleanImageCacheHandler,
  clearImageCacheHandler,
  deleteCachedImageHandler,
  listCachedImageNodesHandler,
  listCachedImagesHandler,
  pruneImageCacheHandler,
  queueCachedImageHandler,
} from './handlers/cache.ts';
import {
  listStoresDetailHandler,
  listStoresHandler,
  showImportInfoHandler,
  showUsageHandler,
} from './handlers/discovery.ts';
import { downloadImageDataHandler, stageImageDataHandler, uploadImageDataHandler } from './handlers/image-data.ts';
import { listImageTasksHandler } from './handlers/image-tasks.ts';
import {
  createImageHandler,
  deactivateImageHandler,
  deleteImageHandler,
  listImagesHandler,
  reactivateImageHandler,
  showImageHandler,
  updateImageHandler,
} from './handlers/images.ts';
import { importImageHandler } from './handlers/imports.ts';
import { addImageLocationHandler, listImageLocationsHandler } from './handlers/locations.ts';
import {
  createMemberHandler,
  deleteMemberHandler,
  listMembersHandler,
  showMemberHandler,
  updateMemberHandler,
} from './handlers/members.ts';
import { metadefHandlers } from './handlers/metadefs/metadef-handlers.ts';
import { schemaHandler } from './handlers/schemas.ts';
import type { SchemaDocuments } from './handlers/schemas.ts';
import { deleteImageFromStoreHandler } from './handlers/stores.ts';
import { createTaskHandler, deleteTaskHandler, listTasksHandler, showTaskHandler } from './handlers/tasks.ts';
import { addImageTagHandler, removeImageTagHandler } from './handlers/tags.ts';
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
  return {
    listImages: listImagesHandler(parts, view),
    createImage: createImageHandler(parts, view),
    showImage: showImageHandler(parts, view),
    updateImage: updateImageHandler(parts, view),
    deleteImage: deleteImageHandler(parts, view),
    deactivateImage: deactivateImageHandler(parts),
    reactivateImage: reactivateImageHandler(parts),
    uploadImageData: uploadImageDataHandler(parts),
    downloadImageData: downloadImageDataHandler(parts),
    stageImageData: stageImageDataHandler(parts),
    importImage: importImageHandler(parts),
    listImageTasks: listImageTasksHandler(parts),
    listTasks: listTasksHandler(parts),
    createTask: createTaskHandler(parts),
    showTask: showTaskHandler(parts),
    deleteTask: deleteTaskHandler(parts),
    listImageLocations: listImageLocationsHandler(parts),
    addImageLocation: addImageLocationHandler(parts),
    deleteImageFromStore: deleteImageFromStoreHandler(parts),
    showImportInfo: showImportInfoHandler(parts),
    listStores: listStoresHandler(parts),
    listStoresDetail: listStoresDetailHandler(parts),
    showUsage: showUsageHandler(parts),
    listCachedImages: listCachedImagesHandler(parts),
    clearImageCache: clearImageCacheHandler(parts),
    queueCachedImage: queueCachedImageHandler(parts),
    deleteCachedImage: deleteCachedImageHandler(parts),
    listCachedImageNodes: listCachedImageNodesHandler(parts),
    cleanImageCache: cleanImageCacheHandler(parts),
    pruneImageCache: pruneImageCacheHandler(parts),
    addImageTag: addImageTagHandler(parts),
    removeImageTag: removeImageTagHandler(parts),
    listMembers: listMembersHandler(parts),
    createMember: createMemberHandler(parts),
    showMember: showMemberHandler(parts),
    updateMember: updateMemberHandler(parts),
    deleteMember: deleteMemberHandler(parts),
    ...metadefHandlers(parts),
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
}
