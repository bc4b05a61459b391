/** The published JSON schemas, built once at start. Source: contract 07. */
import type { SchemaDocument, SchemaDocumentId } from '@lucarne/contract/schemas/json-schema.ts';
import { jsonAnswer } from '../api-call.ts';
import type { OperationHandler } from '../api-call.ts';

export type SchemaDocuments = Readonly<Record<SchemaDocumentId, SchemaDocument>>;

export function schemaHandler(document: SchemaDocument): OperationHandler {
  const answer = jsonAnswer(200, document);
  return () => Promise.resolve(answer);
}
