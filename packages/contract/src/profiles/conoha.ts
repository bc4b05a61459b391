/** ConoHa, January 2015. Source: contract 07 §6.1, S0. */
import type { ApiProfile } from './api-profile.ts';
import { earlyImageSchema, earlySchemaDocuments } from './early-schemas.ts';
import { earlyWords } from './image-words.ts';
import { compactJson, writtenDocuments } from './schema-texts.ts';

export const conohaProfile: ApiProfile = {
  // `virtual_size` came with Icehouse, null types with Kilo: what lies between lists 2.2.
  newestVersion: '2.2',
  words: earlyWords,
  imageSchema: earlyImageSchema,
  schemaTexts: (site) => writtenDocuments(earlySchemaDocuments(site), compactJson),
};
