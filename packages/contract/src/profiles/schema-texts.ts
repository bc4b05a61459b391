/** Schema documents as the text a deployment sends. */
import type { SchemaDocument, SchemaDocumentId } from '../schemas/json-schema.ts';

/** With `,` and `:` between members. */
export function compactJson(document: unknown): string {
  return JSON.stringify(document);
}

/** With `, ` and `: ` between members. */
export function spacedJson(document: unknown): string {
  // A string of JSON has no line break, so every one of them is layout.
  return JSON.stringify(document, null, 1).replaceAll(/,\n */g, ', ').replaceAll(/\n */g, '');
}

export function writtenDocuments(
  documents: Readonly<Record<SchemaDocumentId, SchemaDocument>>,
  write: (document: SchemaDocument) => string,
): Readonly<Record<SchemaDocumentId, string>> {
  const texts = Object.entries(documents).map(([id, document]) => [id, write(document)] as const);
  // The keys are those of the documents.
  return Object.fromEntries(texts) as Record<SchemaDocumentId, string>;
}
