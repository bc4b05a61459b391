/** The schema of the image database. */
export type SchemaState =
  | { readonly kind: 'empty' | 'current' | 'own-tables-missing'; readonly supported: string }
  /** Somebody else's tables, or another revision of Glance's. */
  | { readonly kind: 'foreign'; readonly supported: string; readonly revisions: readonly string[] };

export interface DatabaseSchema {
  state(): Promise<SchemaState>;
  /**
   * Creates what is missing: all tables on an empty database, our own beside an existing Glance's. Idempotent, also
   * when two processes call it at once. A database of another revision raises `conflict` and is not touched.
   */
  sync(): Promise<SchemaState>;
}
