/** Headers with a meaning of their own in the Image API, lower case. Source: contract 01 §8, 02 §3, 03, 08 §2, 09 §7. */
export const headerNames = {
  authToken: 'x-auth-token',
  requestId: 'x-openstack-request-id',
  /** Expected size in bytes of an upload; wins over the content length. */
  imageSize: 'x-openstack-image-size',
  /** Target store of an upload or import. */
  imageStore: 'x-image-meta-store',
  /** Answer of a create: enabled import methods, comma separated. */
  importMethods: 'openstack-image-import-methods',
  /** Answer of a create: stores an image may be put in, comma separated. */
  storeIds: 'openstack-image-store-ids',
  /** Hexadecimal MD5 of the whole image, also on a part of it. */
  contentMd5: 'content-md5',
  acceptPatch: 'accept-patch',
  /** `cache` or `queue`: which part of the cache to clear; both without it. */
  cacheClearTarget: 'x-image-cache-clear-target',
  /** A true word keeps the tags a namespace has. */
  appendTags: 'x-openstack-append',
} as const;
