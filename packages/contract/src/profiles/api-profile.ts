/**
 * What a profile is: how the API of another deployment looks where it differs from today's. A profile says what is shown
 * and accepted, as data; what is stored is the same under all of them. Source: contract 07 §6.
 */
import type { ImageStatus, ImageVisibility } from '../image-attributes.ts';
import type { ImageSchemaOptions } from '../schemas/image.ts';
import type { JsonSchema, SchemaDocument, SchemaDocumentId } from '../schemas/json-schema.ts';
import type { ApiVersion } from '../versions.ts';

/** What the configuration of a site says about image schemas, whatever the profile. */
export interface SchemaSite extends Pick<ImageSchemaOptions, 'diskFormats' | 'containerFormats' | 'required'> {
  /** What the site's own `schema-image.json` declares; null leaves that to the profile. */
  readonly ownProperties: Readonly<Record<string, JsonSchema>> | null;
}

export interface ApiProfile {
  /** The newest version of the API that is listed and accepted. */
  readonly newestVersion: ApiVersion['version'];
  readonly words: ImageWords;
  /**
   * What new and changed images are held against. Formats are those the deployment knew and the site allows, in the
   * deployment's order.
   */
  imageSchema(site: SchemaSite): SchemaDocument;
  /** All schema documents as they are sent, byte for byte. */
  schemaTexts(site: SchemaSite): Readonly<Record<SchemaDocumentId, string>>;
}

/** How an image is told to clients that know fewer words than we do. */
export interface ImageWords {
  /** Attributes that are null are left out. */
  readonly omitsNull: boolean;
  /** Attributes that the deployment did not have. */
  readonly unknownAttributes: readonly string[];
  /** What each visibility is shown as. */
  readonly visibilities: Readonly<Record<ImageVisibility, ImageVisibility>>;
  /** What each status is shown as. */
  readonly statuses: Readonly<Record<ImageStatus, ImageStatus>>;
}
