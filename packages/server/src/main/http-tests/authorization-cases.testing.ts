/**
 * For every operation of the contract a request that only authorization can refuse, and who is expected to pass. An
 * operation without one does not compile.
 */
import { operationById } from '@lucarne/contract/operations.ts';
import type { EnforcedPolicy, OperationId } from '@lucarne/contract/operations.ts';
import { randomUUID } from 'node:crypto';
import type {
  Caller,
  Expectations,
  MemberCall,
  Possession,
  SharedImage,
  Verdict,
} from './expected-authorization.testing.ts';
import type { RequestOptions } from './http-client.testing.ts';

/** What an image is like beyond whose it is. `cached`: a download finds it in the cache. */
export type ImageState = 'queued' | 'active' | 'deactivated' | 'cached';

export interface ImageSubject extends SharedImage {
  readonly id: string;
  readonly deactivated: boolean;
}

export interface NamespaceSubject extends Possession {
  readonly name: string;
}

/** The project of a member row that every shared image has. */
export const rowProject = 'accepted-project';

type Sent = readonly [request: string, options?: Pick<RequestOptions, 'headers' | 'json' | 'body'>];

interface Basis {
  /** What the case adds to its operation; empty when there is one case only. */
  readonly title: string;
  /** Status when authorization lets the caller pass. */
  readonly passes: number;
}

export interface PlainCase extends Basis {
  readonly kind: 'plain';
  request(caller: Caller): Sent;
  expected(expectations: Expectations, caller: Caller): Verdict;
}

export interface ImageCase extends Basis {
  readonly kind: 'image';
  readonly state: ImageState;
  /** A caller that passes needs an image of its own. */
  readonly consumes: boolean;
  request(image: ImageSubject, caller: Caller): Sent;
  expected(expectations: Expectations, caller: Caller, image: ImageSubject): Verdict;
}

export interface NamespaceCase extends Basis {
  readonly kind: 'namespace';
  readonly consumes: boolean;
  request(namespace: NamespaceSubject): Sent;
  expected(expectations: Expectations, caller: Caller, namespace: NamespaceSubject): Verdict;
}

export type MatrixCase = PlainCase | ImageCase | NamespaceCase;

const octets = { 'content-type': 'application/octet-stream' };
const patchType = { 'content-type': 'application/openstack-images-v2.1-json-patch' };

/** Hash of the wrong form: refused after everything else about a new location. */
const badHash = { os_hash_algo: 'sha512', os_hash_value: 'zz' };

type SchemaOperationId = Extract<OperationId, `show${string}Schema`>;

const operationCases: Readonly<Record<Exclude<OperationId, SchemaOperationId>, readonly MatrixCase[]>> = {
  listImages: [plain('listImages', ['get_images'], () => ['GET /v2/images?limit=1'])],
  createImage: [
    created('of its own project', ({ project }) => ({ owner: project, visibility: 'shared' }), {}),
    created('private', ({ project }) => ({ owner: project, visibility: 'private' }), { visibility: 'private' }),
    created('public', ({ project }) => ({ owner: project, visibility: 'public' }), { visibility: 'public' }),
    created('community', ({ project }) => ({ owner: project, visibility: 'community' }), { visibility: 'community' }),
    created('of another project', () => ({ owner: 'p9', visibility: 'shared' }), { owner: 'p9' }),
  ],
  showImage: [image('showImage', ['get_image'], ({ id }) => [`GET /v2/images/${id}`])],
  updateImage: [
    patched('name', ['modify_image'], 'n', false),
    patched('visibility', ['publicize_image', 'modify_image'], 'public', true),
    patched('visibility', ['communitize_image', 'modify_image'], 'community', true),
    patched('visibility', ['modify_image'], 'private', true),
  ],
  deleteImage: [image('deleteImage', ['delete_image'], ({ id }) => [`DELETE /v2/images/${id}`], { consumes: true })],
  deactivateImage: [
    image('deactivateImage', ['deactivate'], ({ id }) => [`POST /v2/images/${id}/actions/deactivate`], {
      state: 'active',
      consumes: true,
    }),
  ],
  reactivateImage: [
    image('reactivateImage', ['reactivate'], ({ id }) => [`POST /v2/images/${id}/actions/reactivate`], {
      state: 'deactivated',
      consumes: true,
    }),
  ],
  uploadImageData: [
    image(
      'uploadImageData',
      ['upload_image'],
      ({ id }) => [`PUT /v2/images/${id}/file`, { headers: octets, body: 'x' }],
      {
        consumes: true,
      },
    ),
  ],
  downloadImageData: [
    downloaded('whole, not in the cache', { state: 'active', consumes: true }),
    downloaded('a range, not in the cache', { state: 'active', range: 'bytes=0-3' }),
    downloaded('whole, in the cache', { state: 'cached' }),
    downloaded('a range, in the cache', { state: 'cached', range: 'bytes=0-3' }),
    downloaded('whole, deactivated', { state: 'deactivated', consumes: true }),
    downloaded('a range, deactivated', { state: 'deactivated', range: 'bytes=0-3' }),
    image(
      'downloadImageData',
      ['download_image', 'download_from_store'],
      ({ id }) => [`GET /v2/images/${id}/file?prefer=fast`, { headers: { range: 'bytes=0-3' } }],
      { title: 'from a store of choice', state: 'active', passes: 206 },
    ),
  ],
  stageImageData: [
    image(
      'stageImageData',
      ['modify_image'],
      ({ id }) => [`PUT /v2/images/${id}/stage`, { headers: octets, body: 'x' }],
      {
        consumes: true,
      },
    ),
  ],
  importImage: [
    image(
      'importImage',
      ['modify_image'],
      // The address is missing, which is noticed last.
      ({ id }) => [`POST /v2/images/${id}/import`, { json: { method: { name: 'web-download' } } }],
      { title: 'from the web', passes: 400 },
    ),
    image(
      'importImage',
      ['copy_image'],
      ({ id }) => [`POST /v2/images/${id}/import`, { json: { method: { name: 'copy-image' }, stores: ['absent'] } }],
      { title: 'to a further store', state: 'active', passes: 409 },
    ),
  ],
  listImageTasks: [image('listImageTasks', ['get_image'], ({ id }) => [`GET /v2/images/${id}/tasks`])],
  listTasks: [plain('listTasks', ['tasks_api_access'], () => ['GET /v2/tasks'])],
  createTask: [plain('createTask', ['tasks_api_access'], () => ['POST /v2/tasks', { json: {} }], { passes: 400 })],
  showTask: [plain('showTask', ['tasks_api_access'], () => ['GET /v2/tasks/absent'], { passes: 404 })],
  deleteTask: [plain('deleteTask', ['tasks_api_access'], () => ['DELETE /v2/tasks/absent'], { passes: 405 })],
  listImageLocations: [
    image('listImageLocations', ['fetch_image_location'], ({ id }) => [`GET /v2/images/${id}/locations`]),
  ],
  addImageLocation: [
    image(
      'addImageLocation',
      ['add_image_location'],
      ({ id }) => [
        `POST /v2/images/${id}/locations`,
        { json: { url: 'http://images.example/a', validation_data: badHash } },
      ],
      { passes: 400 },
    ),
  ],
  deleteImageFromStore: [
    image(
      'deleteImageFromStore',
      ['get_image_location', 'delete_image_location'],
      ({ id }) => [`DELETE /v2/stores/fast/${id}`],
      { passes: 409 },
    ),
  ],
  listMembers: [membered('listMembers', 'list', (path) => [`GET ${path}`])],
  createMember: [membered('createMember', 'create', (path) => [`POST ${path}`, { json: { member: 'p9' } }])],
  showMember: [membered('showMember', 'show', (path) => [`GET ${path}/${rowProject}`])],
  updateMember: [
    membered('updateMember', 'update', (path) => [`PUT ${path}/${rowProject}`, { json: { status: 'accepted' } }]),
  ],
  deleteMember: [membered('deleteMember', 'delete', (path) => [`DELETE ${path}/${rowProject}`])],
  addImageTag: [image('addImageTag', ['modify_image'], ({ id }) => [`PUT /v2/images/${id}/tags/new`])],
  removeImageTag: [
    image('removeImageTag', ['modify_image'], ({ id }) => [`DELETE /v2/images/${id}/tags/t`], { consumes: true }),
  ],
  showImportInfo: [plain('showImportInfo', null, () => ['GET /v2/info/import'])],
  listStores: [plain('listStores', null, () => ['GET /v2/info/stores'])],
  listStoresDetail: [plain('listStoresDetail', ['stores_info_detail'], () => ['GET /v2/info/stores/detail'])],
  showUsage: [plain('showUsage', null, () => ['GET /v2/info/usage'])],
  listCachedImages: [plain('listCachedImages', ['cache_list'], () => ['GET /v2/cache'])],
  clearImageCache: [
    plain(
      'clearImageCache',
      ['cache_delete'],
      () => [
        'DELETE /v2/cache',
        // Refused after the policy, so that what is cached stays.
        { headers: { 'x-image-cache-clear-target': 'disk' } },
      ],
      { passes: 400 },
    ),
  ],
  queueCachedImage: [cached('queueCachedImage', 'cache_image', 'PUT', 400)],
  deleteCachedImage: [cached('deleteCachedImage', 'cache_delete', 'DELETE', 204)],
  listCachedImageNodes: [
    {
      kind: 'image',
      title: '',
      state: 'queued',
      consumes: false,
      passes: 200,
      request: ({ id }) => [`GET /v2/cache/nodes/${id}`],
      expected: (expectations, caller) => expectations.plain(['list_cached_nodes'], caller),
    },
  ],
  cleanImageCache: [plain('cleanImageCache', ['cache_clean'], () => ['POST /v2/cache/clean'])],
  pruneImageCache: [plain('pruneImageCache', ['cache_prune'], () => ['POST /v2/cache/prune'])],

  listMetadefNamespaces: [metadefs('listMetadefNamespaces', 'get_metadef_namespaces', 'GET /v2/metadefs/namespaces')],
  createMetadefNamespace: [
    {
      kind: 'plain',
      title: '',
      passes: 201,
      request: () => ['POST /v2/metadefs/namespaces', { json: { namespace: randomUUID(), owner: 'somebody' } }],
      expected: (expectations, caller) => expectations.onMetadefs(['add_metadef_namespace'], caller),
    },
  ],
  showMetadefNamespace: [
    namespace(
      'showMetadefNamespace',
      [
        'get_metadef_namespace',
        'list_metadef_resource_types',
        'get_metadef_objects',
        'get_metadef_properties',
        'get_metadef_tags',
      ],
      'GET',
    ),
  ],
  updateMetadefNamespace: [
    {
      kind: 'namespace',
      title: '',
      consumes: false,
      passes: 200,
      request: ({ name, ...attributes }) => [
        `PUT /v2/metadefs/namespaces/${name}`,
        { json: { namespace: name, ...attributes } },
      ],
      expected: (expectations, caller, subject) =>
        expectations.onNamespace(['modify_metadef_namespace'], caller, subject),
    },
  ],
  deleteMetadefNamespace: [
    namespace('deleteMetadefNamespace', ['delete_metadef_namespace'], 'DELETE', { consumes: true }),
  ],
  listMetadefResourceTypes: [
    metadefs('listMetadefResourceTypes', 'list_metadef_resource_types', 'GET /v2/metadefs/resource_types'),
  ],
  listMetadefResourceTypeAssociations: [
    namespace('listMetadefResourceTypeAssociations', ['list_metadef_resource_types'], 'GET', {
      below: '/resource_types',
    }),
  ],
  createMetadefResourceTypeAssociation: [
    namespace('createMetadefResourceTypeAssociation', ['add_metadef_resource_type_association'], 'POST', {
      below: '/resource_types',
      consumes: true,
      json: { name: 'OS::Other' },
    }),
  ],
  deleteMetadefResourceTypeAssociation: [
    namespace('deleteMetadefResourceTypeAssociation', ['remove_metadef_resource_type_association'], 'DELETE', {
      below: '/resource_types/OS::Known',
      consumes: true,
    }),
  ],
  listMetadefProperties: [
    namespace('listMetadefProperties', ['get_metadef_properties'], 'GET', { below: '/properties' }),
  ],
  createMetadefProperty: [
    namespace('createMetadefProperty', ['add_metadef_property'], 'POST', {
      below: '/properties',
      consumes: true,
      json: { name: 'new', type: 'string', title: 'New' },
    }),
  ],
  deleteMetadefProperties: [
    namespace('deleteMetadefProperties', ['delete_metadef_namespace'], 'DELETE', {
      below: '/properties',
      consumes: true,
    }),
  ],
  showMetadefProperty: [
    namespace('showMetadefProperty', ['get_metadef_property'], 'GET', { below: '/properties/known' }),
  ],
  updateMetadefProperty: [
    namespace('updateMetadefProperty', ['modify_metadef_property'], 'PUT', {
      below: '/properties/known',
      json: { name: 'known', type: 'string', title: 'Known' },
    }),
  ],
  deleteMetadefProperty: [
    namespace('deleteMetadefProperty', ['remove_metadef_property'], 'DELETE', {
      below: '/properties/known',
      consumes: true,
    }),
  ],
  listMetadefObjects: [namespace('listMetadefObjects', ['get_metadef_objects'], 'GET', { below: '/objects' })],
  createMetadefObject: [
    namespace('createMetadefObject', ['add_metadef_object'], 'POST', {
      below: '/objects',
      consumes: true,
      json: { name: 'new' },
    }),
  ],
  deleteMetadefObjects: [
    namespace('deleteMetadefObjects', ['delete_metadef_namespace'], 'DELETE', { below: '/objects', consumes: true }),
  ],
  showMetadefObject: [namespace('showMetadefObject', ['get_metadef_object'], 'GET', { below: '/objects/known' })],
  updateMetadefObject: [
    namespace('updateMetadefObject', ['modify_metadef_object'], 'PUT', {
      below: '/objects/known',
      json: { name: 'known' },
    }),
  ],
  deleteMetadefObject: [
    namespace('deleteMetadefObject', ['delete_metadef_object'], 'DELETE', { below: '/objects/known', consumes: true }),
  ],
  listMetadefTags: [namespace('listMetadefTags', ['get_metadef_tags'], 'GET', { below: '/tags' })],
  createMetadefTags: [
    namespace('createMetadefTags', ['add_metadef_tags'], 'POST', {
      below: '/tags',
      json: { tags: [{ name: 'known' }] },
    }),
  ],
  deleteMetadefTags: [
    namespace('deleteMetadefTags', ['delete_metadef_namespace', 'delete_metadef_tags'], 'DELETE', {
      below: '/tags',
      consumes: true,
    }),
  ],
  showMetadefTag: [namespace('showMetadefTag', ['get_metadef_tag'], 'GET', { below: '/tags/known' })],
  createMetadefTag: [
    namespace('createMetadefTag', ['add_metadef_tag'], 'POST', { below: '/tags/new', consumes: true }),
  ],
  updateMetadefTag: [
    namespace('updateMetadefTag', ['modify_metadef_tag'], 'PUT', { below: '/tags/known', json: { name: 'known' } }),
  ],
  deleteMetadefTag: [
    namespace('deleteMetadefTag', ['delete_metadef_tag'], 'DELETE', { below: '/tags/known', consumes: true }),
  ],
};

/** All cases: those above, and for each schema that everybody with a token may read it. */
export function casesOf(operation: OperationId): readonly MatrixCase[] {
  const written = new Map<string, readonly MatrixCase[]>(Object.entries(operationCases)).get(operation);
  if (written !== undefined) return written;
  const { path } = operationById(operation);
  return [plain(operation, null, () => [`GET ${path}`])];
}

/** `rules` null: no policy at all. */
function plain(
  operation: OperationId,
  rules: readonly EnforcedPolicy[] | null,
  request: () => Sent,
  more: Partial<Basis> = {},
): PlainCase {
  return {
    kind: 'plain',
    title: '',
    passes: operationById(operation).success,
    ...more,
    request,
    expected: (expectations, caller) => (rules === null ? 'passes' : expectations.plain(rules, caller)),
  };
}

function created(title: string, asked: (caller: Caller) => Possession, json: object): PlainCase {
  return {
    kind: 'plain',
    title,
    passes: 201,
    request: () => ['POST /v2/images', { json: { name: 'created', ...json } }],
    expected: (expectations, caller) => expectations.creation(caller, asked(caller)),
  };
}

function image(
  operation: OperationId,
  rules: readonly EnforcedPolicy[],
  request: ImageCase['request'],
  more: Partial<Pick<ImageCase, 'title' | 'passes' | 'state' | 'consumes'>> = {},
): ImageCase {
  return {
    kind: 'image',
    title: '',
    passes: operationById(operation).success,
    state: 'queued',
    consumes: false,
    ...more,
    request,
    expected: (expectations, caller, subject) => expectations.onImage(rules, caller, subject),
  };
}

function patched(attribute: string, rules: readonly EnforcedPolicy[], value: string, consumes: boolean): ImageCase {
  const json = [{ op: 'replace', path: `/${attribute}`, value }];
  return image('updateImage', rules, ({ id }) => [`PATCH /v2/images/${id}`, { headers: patchType, json }], {
    title: `${attribute} to ${value}`,
    consumes,
  });
}

function downloaded(
  title: string,
  { range, ...more }: { readonly state: ImageState; readonly consumes?: boolean; readonly range?: string },
): ImageCase {
  return {
    ...image(
      'downloadImageData',
      [],
      ({ id }) => [`GET /v2/images/${id}/file`, range === undefined ? {} : { headers: { range } }],
      { title, passes: range === undefined ? 200 : 206, ...more },
    ),
    expected: (expectations, caller, subject) => expectations.download(caller, subject),
  };
}

function membered(operation: OperationId, kind: MemberCall['kind'], request: (path: string) => Sent): ImageCase {
  return {
    ...image(operation, [], ({ id }) => request(`/v2/images/${id}/members`), {
      consumes: kind === 'create' || kind === 'delete',
    }),
    expected: (expectations, caller, subject) => expectations.member({ kind, row: rowProject }, caller, subject),
  };
}

/** Calls on a cached image look for the image first, and then ask a rule that is not one on images. */
function cached(operation: OperationId, rule: EnforcedPolicy, method: string, passes: number): ImageCase {
  return {
    ...image(operation, [], ({ id }) => [`${method} /v2/cache/${id}`], { passes }),
    expected: (expectations, caller, subject) => expectations.onceFound([rule], caller, subject),
  };
}

function metadefs(operation: OperationId, rule: EnforcedPolicy, request: string): PlainCase {
  return {
    ...plain(operation, null, () => [request]),
    expected: (expectations, caller) => expectations.onMetadefs([rule], caller),
  };
}

interface NamespaceRequest {
  readonly below?: string;
  readonly consumes?: boolean;
  readonly json?: object;
}

function namespace(
  operation: OperationId,
  rules: readonly EnforcedPolicy[],
  method: string,
  { below = '', consumes = false, json }: NamespaceRequest = {},
): NamespaceCase {
  return {
    kind: 'namespace',
    title: '',
    consumes,
    passes: operationById(operation).success,
    request: ({ name }) => [`${method} /v2/metadefs/namespaces/${name}${below}`, json === undefined ? {} : { json }],
    expected: (expectations, caller, subject) => expectations.onNamespace(rules, caller, subject),
  };
}
