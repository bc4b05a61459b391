/** All schema documents of a configuration, by their path below `/v2/schemas/`. Source: contract 07. */
import { imageSchema } from './image.ts';
import type { ImageSchemaOptions } from './image.ts';
import { imagesSchema } from './images.ts';
import type { SchemaDocument, SchemaDocumentId } from './json-schema.ts';
import { memberSchema } from './member.ts';
import { membersSchema } from './members.ts';
import { metadefNamespaceSchema, metadefNamespacesSchema } from './metadefs/namespace.ts';
import { metadefObjectSchema, metadefObjectsSchema } from './metadefs/object.ts';
import { metadefPropertiesSchema, metadefPropertySchema } from './metadefs/property.ts';
import { metadefResourceTypeSchema, metadefResourceTypesSchema } from './metadefs/resource-type.ts';
import { metadefTagSchema, metadefTagsSchema } from './metadefs/tag.ts';
import { taskSchema } from './task.ts';
import { tasksSchema } from './tasks.ts';

/** Builds every document once; meant for start-up. */
export function schemaDocuments(
  options: Partial<ImageSchemaOptions> = {},
): Readonly<Record<SchemaDocumentId, SchemaDocument>> {
  return {
    image: imageSchema(options),
    images: imagesSchema(options),
    member: memberSchema(),
    members: membersSchema(),
    task: taskSchema(),
    tasks: tasksSchema(),
    'metadefs/namespace': metadefNamespaceSchema(),
    'metadefs/namespaces': metadefNamespacesSchema(),
    'metadefs/resource_type': metadefResourceTypeSchema(),
    'metadefs/resource_types': metadefResourceTypesSchema(),
    'metadefs/property': metadefPropertySchema(),
    'metadefs/properties': metadefPropertiesSchema(),
    'metadefs/object': metadefObjectSchema(),
    'metadefs/objects': metadefObjectsSchema(),
    'metadefs/tag': metadefTagSchema(),
    'metadefs/tags': metadefTagsSchema(),
  };
}
