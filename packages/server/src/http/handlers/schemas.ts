/** The published JSON schemas, built once at start. Source: contract 07. */
import type { SchemaDocumentId } from '@lucarne/contract/schemas/json-schema.ts';
import type { ApiAnswer, OperationHandler } from '../api-call.ts';

/** The documents as they are sent. */
export type SchemaDocuments = Readonly<Record<SchemaDocumentId, string>>;

export function schemaHandler(text: string): OperationHandler {
  const answer: ApiAnswer = { status: 200, body: { kind: 'json', text } };
  return () => Promise.resolve(answer);
}
