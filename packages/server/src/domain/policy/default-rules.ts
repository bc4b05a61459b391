/**
 * The rules that hold unless a policy file says otherwise: names, check strings, and what each one guards.
 * Source: contract 10 §5.
 */

export interface PolicyOperation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
}

export interface DefaultRule {
  readonly name: string;
  readonly check: string;
  /** The default of former releases, which also allows while `enforce_new_defaults` is off; null when there is none. */
  readonly formerCheck: string | null;
  readonly description: string;
  /** Empty for building blocks, which only other rules refer to, and for rules that nothing asks any more. */
  readonly operations: readonly PolicyOperation[];
  /** Tokens of another scope are denied before the check is looked at. Empty for building blocks: any scope. */
  readonly scopeTypes: readonly 'project'[];
}

const admin = 'rule:context_is_admin';
const ownerMember = 'role:member and project_id:%(project_id)s';
const ownerReader = 'role:reader and project_id:%(project_id)s';
const adminOrOwnerMember = `${admin} or (${ownerMember})`;
const adminOrOwnerReader = `${admin} or (${ownerReader})`;
const visible =
  'project_id:%(project_id)s or project_id:%(member_id)s or ' +
  "'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s";
const ownerOrImageMember = 'project_id:%(project_id)s or project_id:%(member_id)s';
const readMetadef = `${admin} or (role:reader and (project_id:%(project_id)s or 'public':%(visibility)s))`;
const metadefAdmin = 'rule:metadef_admin';

const formerlyAnybody = 'rule:default';
const formerlyAnyMetadefReader = 'rule:metadef_default';
const formerlyCacheAdmin = 'rule:manage_image_cache';

type RuleRow = readonly [name: string, check: string, formerCheck: string | null, description: string, on: string];

const buildingBlocks: readonly (readonly [name: string, check: string, description: string])[] = [
  ['default', '', 'Stands in for every rule that is referred to and does not exist. Allows everybody.'],
  ['context_is_admin', 'role:admin', 'Who is an administrator.'],
  ['service_api', 'role:service or role:admin', 'Other services of the cloud, and administrators.'],
  ['metadef_default', '', 'Who read metadata definitions before roles were looked at. Allows everybody.'],
  ['metadef_admin', admin, 'Who may change metadata definitions.'],
];

const image = '/v2/images/{image_id}';
const member = `${image}/members/{member_id}`;

const imageRules: readonly RuleRow[] = [
  [
    'add_image',
    `${admin} or (${ownerMember} and project_id:%(owner)s)`,
    formerlyAnybody,
    'Create an image record.',
    'POST /v2/images',
  ],
  ['get_images', adminOrOwnerReader, formerlyAnybody, 'List images.', 'GET /v2/images'],
  [
    'get_image',
    `${admin} or (role:reader and (${visible}))`,
    formerlyAnybody,
    'Show an image. Also asked for each row of a list, and to decide whether a refusal may admit that the image exists.',
    `GET ${image}; GET ${image}/tasks; GET /v2/images; ` +
      `GET ${image}/members; POST ${image}/members; GET ${member}; PUT ${member}; DELETE ${member}`,
  ],
  [
    'modify_image',
    adminOrOwnerMember,
    formerlyAnybody,
    'Change an image: its attributes, tags and properties, its staged data, and import by any method but copying.',
    `PATCH ${image}; PUT ${image}/tags/{tag}; DELETE ${image}/tags/{tag}; PUT ${image}/stage; POST ${image}/import`,
  ],
  ['delete_image', adminOrOwnerMember, formerlyAnybody, 'Delete an image.', `DELETE ${image}`],
  ['upload_image', adminOrOwnerMember, formerlyAnybody, 'Upload the data of an image.', `PUT ${image}/file`],
  [
    'download_image',
    `${admin} or (role:member and (${visible}))`,
    formerlyAnybody,
    'Download the data of an image, also from the cache.',
    `GET ${image}/file`,
  ],
  [
    'download_from_store',
    `${admin} or (role:member and (${visible}))`,
    null,
    'Choose the store that the data are downloaded from.',
    `GET ${image}/file`,
  ],
  ['publicize_image', admin, null, 'Make an image public.', `POST /v2/images; PATCH ${image}`],
  [
    'communitize_image',
    adminOrOwnerMember,
    formerlyAnybody,
    'Make an image a community image.',
    `POST /v2/images; PATCH ${image}`,
  ],
  ['copy_image', admin, null, 'Copy the data of an image to further stores.', `POST ${image}/import`],
  ['deactivate', adminOrOwnerMember, formerlyAnybody, 'Deactivate an image.', `POST ${image}/actions/deactivate`],
  ['reactivate', adminOrOwnerMember, formerlyAnybody, 'Reactivate an image.', `POST ${image}/actions/reactivate`],
];

const locationRules: readonly RuleRow[] = [
  [
    'get_image_location',
    adminOrOwnerReader,
    formerlyAnybody,
    'Look at where the data of an image are.',
    `DELETE /v2/stores/{store_id}/{image_id}`,
  ],
  [
    'set_image_location',
    adminOrOwnerMember,
    formerlyAnybody,
    'Add or replace locations of an image by a patch.',
    `PATCH ${image}`,
  ],
  [
    'delete_image_location',
    admin,
    formerlyAnybody,
    'Remove locations of an image.',
    `PATCH ${image}; DELETE /v2/stores/{store_id}/{image_id}`,
  ],
  [
    'add_image_location',
    `rule:service_api or (${ownerMember} and project_id:%(owner)s)`,
    null,
    'Register data that are in a store already as the data of an image.',
    `POST ${image}/locations`,
  ],
  ['fetch_image_location', 'rule:service_api', null, 'List the locations of an image.', `GET ${image}/locations`],
];

const memberRules: readonly RuleRow[] = [
  ['add_member', adminOrOwnerMember, formerlyAnybody, 'Share an image with a project.', `POST ${image}/members`],
  ['delete_member', adminOrOwnerMember, formerlyAnybody, 'Stop sharing an image with a project.', `DELETE ${member}`],
  [
    'get_member',
    `${admin} or role:reader and (${ownerOrImageMember})`,
    formerlyAnybody,
    'Show one membership of an image. Also asked before it is changed or ended, and for each row of a list.',
    `GET ${member}; GET ${image}/members; PUT ${member}; DELETE ${member}`,
  ],
  [
    'get_members',
    `${admin} or role:reader and (${ownerOrImageMember})`,
    formerlyAnybody,
    'List the memberships of an image.',
    `GET ${image}/members`,
  ],
  [
    'modify_member',
    `${admin} or (role:member and project_id:%(member_id)s)`,
    formerlyAnybody,
    'Accept or reject an image that is shared with the project of the caller.',
    `PUT ${member}`,
  ],
];

const cacheAndStoreRules: readonly RuleRow[] = [
  [
    'manage_image_cache',
    admin,
    null,
    'Manage the image cache by the older calls.',
    'GET /v2/cached_images; DELETE /v2/cached_images; DELETE /v2/cached_images/{image_id}; ' +
      'GET /v2/queued_images; PUT /v2/queued_images/{image_id}; DELETE /v2/queued_images; ' +
      'DELETE /v2/queued_images/{image_id}',
  ],
  ['cache_image', admin, formerlyCacheAdmin, 'Queue an image for caching.', 'PUT /v2/cache/{image_id}'],
  ['cache_list', admin, formerlyCacheAdmin, 'List cached and queued images.', 'GET /v2/cache'],
  [
    'cache_delete',
    admin,
    formerlyCacheAdmin,
    'Remove one image or all images from the cache and its queue.',
    'DELETE /v2/cache; DELETE /v2/cache/{image_id}',
  ],
  ['cache_clean', admin, formerlyCacheAdmin, 'Remove broken and stalled files of the cache.', 'POST /v2/cache/clean'],
  ['cache_prune', admin, formerlyCacheAdmin, 'Shrink the cache to its size limit.', 'POST /v2/cache/prune'],
  ['list_cached_nodes', admin, null, 'List the nodes whose cache holds an image.', 'GET /v2/cache/nodes/{image_id}'],
  [
    'stores_info_detail',
    `${admin} or rule:service_api`,
    admin,
    'See how the stores are set up.',
    'GET /v2/info/stores/detail',
  ],
];

const taskRules: readonly RuleRow[] = [
  [
    'tasks_api_access',
    admin,
    null,
    'Use the tasks calls at all.',
    'GET /v2/tasks; GET /v2/tasks/{task_id}; POST /v2/tasks; DELETE /v2/tasks/{task_id}',
  ],
  ['get_task', 'rule:default', null, 'Not asked; `tasks_api_access` decides.', ''],
  ['get_tasks', 'rule:default', null, 'Not asked; `tasks_api_access` decides.', ''],
  ['add_task', 'rule:default', null, 'Not asked; `tasks_api_access` decides.', ''],
  ['modify_task', 'rule:default', null, 'Not asked; tasks cannot be changed.', ''],
];

const namespaces = '/v2/metadefs/namespaces';
const namespace = `${namespaces}/{namespace_name}`;

function readRule(name: string, description: string, on: string): RuleRow {
  return [name, readMetadef, formerlyAnyMetadefReader, description, on];
}

function writeRule(name: string, description: string, on: string): RuleRow {
  return [name, metadefAdmin, null, description, on];
}

const metadefReadRules: readonly RuleRow[] = [
  [
    'get_metadef_namespaces',
    adminOrOwnerReader,
    formerlyAnyMetadefReader,
    'List metadata definition namespaces.',
    `GET ${namespaces}`,
  ],
  readRule('get_metadef_namespace', 'Show a namespace.', `GET ${namespace}; GET ${namespaces}`),
  readRule('get_metadef_objects', 'List the objects of a namespace.', `GET ${namespace}/objects; GET ${namespace}`),
  readRule('get_metadef_object', 'Show an object.', `GET ${namespace}/objects/{object_name}; GET ${namespace}/objects`),
  readRule(
    'list_metadef_resource_types',
    'List resource types, all of them or those of a namespace.',
    `GET /v2/metadefs/resource_types; GET ${namespace}/resource_types; GET ${namespace}; GET ${namespaces}`,
  ),
  readRule(
    'get_metadef_resource_type',
    'Show how a namespace goes with a resource type.',
    `GET ${namespace}/resource_types; GET ${namespace}/properties/{property_name}`,
  ),
  readRule(
    'get_metadef_properties',
    'List the properties of a namespace.',
    `GET ${namespace}/properties; GET ${namespace}`,
  ),
  readRule('get_metadef_property', 'Show a property.', `GET ${namespace}/properties/{property_name}`),
  readRule('get_metadef_tags', 'List the tags of a namespace.', `GET ${namespace}/tags; GET ${namespace}`),
  readRule('get_metadef_tag', 'Show a tag.', `GET ${namespace}/tags/{tag_name}`),
];

const metadefWriteRules: readonly RuleRow[] = [
  writeRule('add_metadef_namespace', 'Create a namespace.', `POST ${namespaces}`),
  writeRule('modify_metadef_namespace', 'Change a namespace.', `PUT ${namespace}`),
  writeRule(
    'delete_metadef_namespace',
    'Delete a namespace, or all its objects, properties or tags at once.',
    `DELETE ${namespace}; DELETE ${namespace}/objects; DELETE ${namespace}/properties; DELETE ${namespace}/tags`,
  ),
  writeRule('add_metadef_object', 'Create an object.', `POST ${namespace}/objects; POST ${namespaces}`),
  writeRule('modify_metadef_object', 'Change an object.', `PUT ${namespace}/objects/{object_name}`),
  writeRule('delete_metadef_object', 'Delete an object.', `DELETE ${namespace}/objects/{object_name}`),
  writeRule(
    'add_metadef_resource_type_association',
    'Say that a namespace goes with a resource type.',
    `POST ${namespace}/resource_types; POST ${namespaces}`,
  ),
  writeRule(
    'remove_metadef_resource_type_association',
    'Take back that a namespace goes with a resource type.',
    `DELETE ${namespace}/resource_types/{resource_type_name}`,
  ),
  writeRule('add_metadef_property', 'Create a property.', `POST ${namespace}/properties; POST ${namespaces}`),
  writeRule('modify_metadef_property', 'Change a property.', `PUT ${namespace}/properties/{property_name}`),
  writeRule('remove_metadef_property', 'Delete a property.', `DELETE ${namespace}/properties/{property_name}`),
  writeRule('add_metadef_tag', 'Create a tag.', `POST ${namespace}/tags/{tag_name}; POST ${namespaces}`),
  writeRule('add_metadef_tags', 'Create several tags at once.', `POST ${namespace}/tags`),
  writeRule('modify_metadef_tag', 'Change a tag.', `PUT ${namespace}/tags/{tag_name}`),
  writeRule('delete_metadef_tag', 'Delete a tag.', `DELETE ${namespace}/tags/{tag_name}`),
  writeRule('delete_metadef_tags', 'Delete all tags of a namespace.', `DELETE ${namespace}/tags`),
];

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

function parseOperations(on: string): readonly PolicyOperation[] {
  return on.split('; ').flatMap((operation) => {
    const method = methods.find((each) => operation.startsWith(`${each} `));
    return method === undefined ? [] : [{ method, path: operation.slice(method.length + 1) }];
  });
}

/** Every rule the service knows by itself, building blocks first, then as an operator would look for them. */
export const defaultRules: readonly DefaultRule[] = [
  ...buildingBlocks.map(([name, check, description]): DefaultRule => ({
    name,
    check,
    formerCheck: null,
    description,
    operations: [],
    scopeTypes: [],
  })),
  ...[
    ...imageRules,
    ...locationRules,
    ...memberRules,
    ...cacheAndStoreRules,
    ...taskRules,
    ...metadefReadRules,
    ...metadefWriteRules,
  ].map(([name, check, formerCheck, description, on]): DefaultRule => ({
    name,
    check,
    formerCheck,
    description,
    operations: parseOperations(on),
    scopeTypes: ['project'],
  })),
];
