/** What clients are shown of the API: schemas, versions and words, as today's or as another deployment's. */
import { apiProfiles } from '@lucarne/contract/profiles/api-profiles.ts';
import { compactJson, writtenDocuments } from '@lucarne/contract/profiles/schema-texts.ts';
import type { SchemaDocument, SchemaDocumentId } from '@lucarne/contract/schemas/json-schema.ts';
import { schemaDocuments } from '@lucarne/contract/schemas/schema-documents.ts';
import type { VersionOptions } from '@lucarne/contract/versions.ts';
import type { Settings } from '../config/settings.ts';
import { imageProfile } from '../http/views/image-profile.ts';
import type { ImageProfile } from '../http/views/image-profile.ts';
import { imageSchemaOptions } from './image-schema-options.ts';

export interface ApiSurface {
  /** What new and changed images are held against. */
  readonly imageSchema: SchemaDocument;
  /** The schema documents as they are sent. */
  readonly schemas: Readonly<Record<SchemaDocumentId, string>>;
  /** Properties the image schema declares beside the attributes of every image. */
  readonly declaredProperties: ReadonlySet<string>;
  readonly profile: ImageProfile | null;
  /** Bounds the versions that are offered. */
  readonly versions: Pick<VersionOptions, 'newest'>;
}

/** A `schema-image.json` that cannot be used raises `badRequest`; the service must not start. */
export function apiSurface(settings: Settings): ApiSurface {
  const options = imageSchemaOptions(settings);
  const name = settings.lucarne.apiProfile;
  if (name === 'current') {
    const documents = schemaDocuments(options);
    return {
      imageSchema: documents.image,
      schemas: writtenDocuments(documents, compactJson),
      declaredProperties: new Set(Object.keys(options.extraProperties)),
      profile: null,
      versions: {},
    };
  }
  const profile = apiProfiles[name];
  const site = { ...options, ownProperties: settings.schemaImageFile === null ? null : options.extraProperties };
  const imageSchema = profile.imageSchema(site);
  return {
    imageSchema,
    schemas: profile.schemaTexts(site),
    declaredProperties: namesOfDeclared(imageSchema),
    profile: imageProfile(profile, site),
    versions: { newest: profile.newestVersion },
  };
}

function namesOfDeclared({ properties }: SchemaDocument): ReadonlySet<string> {
  const declared = Object.entries(properties).filter(([, schema]) => schema.is_base === false);
  return new Set(declared.map(([name]) => name));
}
