/**
 * Huawei IMS as documented in June 2024: ConoHa's documents, with a type name that JSON Schema does not have.
 * Source: contract 07 §6.1, S1.
 */
import type { SchemaDocument } from '../schemas/json-schema.ts';
import type { ApiProfile } from './api-profile.ts';
import { earlyImageSchema, earlySchemaDocuments } from './early-schemas.ts';
import { earlyWords } from './image-words.ts';
import { compactJson, writtenDocuments } from './schema-texts.ts';

export const huaweiProfile: ApiProfile = {
  // The document says no more than ConoHa's.
  newestVersion: '2.2',
  words: earlyWords,
  // Here the name is in lower case, as everybody must read it.
  imageSchema: earlyImageSchema,
  schemaTexts(site) {
    const documents = earlySchemaDocuments(site);
    const capital = withCapitalType(documents.image);
    return {
      ...writtenDocuments(documents, compactJson),
      image: compactJson(capital),
      images: compactJson({
        ...documents.images,
        properties: { ...documents.images.properties, images: { items: capital, type: 'array' } },
      }),
    };
  },
};

function withCapitalType(image: SchemaDocument): unknown {
  return { ...image, additionalProperties: { type: 'String' } };
}
