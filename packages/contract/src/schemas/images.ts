/** The schema of a list of images. Source: contract 07 §2. */
import { imageSchema } from './image.ts';
import type { ImageSchemaOptions } from './image.ts';
import { pageLinks, pageProperties } from './json-schema.ts';
import type { SchemaDocument } from './json-schema.ts';

/** `/v2/schemas/images`: the envelope around the whole schema of an image. */
export function imagesSchema(options: Partial<ImageSchemaOptions> = {}): SchemaDocument {
  return {
    name: 'images',
    properties: { images: { type: 'array', items: imageSchema(options) }, ...pageProperties },
    links: pageLinks,
  };
}
