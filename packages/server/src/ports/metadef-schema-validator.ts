/** Checks the bodies of requests on metadata definitions against the published schemas. */
import type { SchemaCheck } from '../domain/metadefs/request-documents.ts';

export interface MetadefSchemaValidator {
  /** Null when the body fits, else what is wrong, for the client to read. */
  readonly problem: SchemaCheck;
}
