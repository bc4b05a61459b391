/** What the schema documents are made of, and the fragments several of them share. Source: contract 07. */

export type JsonType = 'null' | 'string' | 'boolean' | 'integer' | 'number' | 'object' | 'array';

/** The part of JSON Schema the Image API uses, plus its own `is_base`. */
export interface JsonSchema {
  readonly type?: JsonType | readonly JsonType[];
  readonly description?: string;
  readonly readOnly?: boolean;
  readonly writeOnly?: boolean;
  readonly is_base?: boolean;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly required?: readonly string[];
  readonly allOf?: readonly JsonSchema[];
  readonly $ref?: string;
}

export interface SchemaLink {
  readonly rel: string;
  readonly href: string;
}

/** A document below `/v2/schemas`. There is no `$schema`, `id` or `type` at its top. */
export interface SchemaDocument {
  readonly name: string;
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly links?: readonly SchemaLink[];
}

/** The documents, by their path below `/v2/schemas/`. */
export const schemaDocumentIds = [
  'image',
  'images',
  'member',
  'members',
  'task',
  'tasks',
  'metadefs/namespace',
  'metadefs/namespaces',
  'metadefs/resource_type',
  'metadefs/resource_types',
  'metadefs/property',
  'metadefs/properties',
  'metadefs/object',
  'metadefs/objects',
  'metadefs/tag',
  'metadefs/tags',
] as const;

export type SchemaDocumentId = (typeof schemaDocumentIds)[number];

export const uuidPattern = '^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$';

export const describedByLink: SchemaLink = { rel: 'describedby', href: '{schema}' };

/** Links of a list that comes in pages. */
export const pageLinks: readonly SchemaLink[] = [
  { rel: 'first', href: '{first}' },
  { rel: 'next', href: '{next}' },
  describedByLink,
];

/** The members a list that comes in pages has beside its items. */
export const pageProperties = {
  first: { type: 'string' },
  next: { type: 'string' },
  schema: { type: 'string' },
} as const satisfies Record<string, JsonSchema>;
