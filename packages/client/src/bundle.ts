/**
 * What the browser bundle exports. Inside the repository, import the files themselves.
 */
export { DownloadMismatchError } from './download-verification.ts';
export { ImageApiError } from './image-api-error.ts';
export { createImageClient } from './image-client.ts';
export { AuthenticationError, createTokenProvider } from './password-auth.ts';
export { DataSizeError } from './upload-body.ts';
export type { CallOptions, FetchFunction, TokenSource } from './connection.ts';
export type { ExpectedHash } from './download-verification.ts';
export type { ImageClient, ImageClientOptions } from './image-client.ts';
export type { CacheClearOptions } from './image-cache.ts';
export type { DownloadOptions, ImageDownload, RequestedRange } from './image-data-download.ts';
export type { StageOptions, UploadOptions } from './image-data-upload.ts';
export type { MemberOfImage } from './members.ts';
export type { MetadefChild, ResourceTypeOptions } from './metadef-namespaces.ts';
export type { TagsOptions } from './metadef-tags.ts';
export type {
  ApplicationCredentials,
  EndpointChoice,
  PasswordCredentials,
  TokenProvider,
  TokenProviderOptions,
} from './password-auth.ts';
export type { ImageDataSource, ProgressListener } from './upload-body.ts';
