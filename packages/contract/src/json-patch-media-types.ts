/** The two dialects an image is patched in. Parameters are ignored, case matters. Source: contract 02 §4.1. */
export const jsonPatchMediaTypes = {
  /** Draft 4: the operation's name is the key of its path. */
  v20: 'application/openstack-images-v2.0-json-patch',
  /** Draft 10 and RFC 6902: `op`, `path`, `value`. */
  v21: 'application/openstack-images-v2.1-json-patch',
} as const;

export type JsonPatchDialect = keyof typeof jsonPatchMediaTypes;

/** `Accept-Patch` of a 415 answer. */
export const acceptPatch = `${jsonPatchMediaTypes.v20}, ${jsonPatchMediaTypes.v21}`;
