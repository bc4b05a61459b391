/** Checks values against the published image schema; null when they fit, else what is wrong, for the client to read. */
export interface ImageSchemaValidator {
  /** The body of a create. */
  image(body: unknown): string | null;
  /** One attribute or custom property. */
  value(name: string, value: unknown): string | null;
}
