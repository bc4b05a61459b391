/**
 * UStack, from about Folsom to Havana: image objects without nulls. It documents no schema, so it publishes the oldest
 * one known. Source: contract 07 §6.3, S4.
 */
import type { ApiProfile } from './api-profile.ts';
import { earlyImageSchema, earlySchemaDocuments } from './early-schemas.ts';
import { earlyWords } from './image-words.ts';
import { compactJson, writtenDocuments } from './schema-texts.ts';

export const ustackProfile: ApiProfile = {
  // Its calls name `v2.1-json-patch` and nothing that came later.
  newestVersion: '2.1',
  words: earlyWords,
  imageSchema: earlyImageSchema,
  schemaTexts: (site) => writtenDocuments(earlySchemaDocuments(site), compactJson),
};
