/**
 * Who may do what, written out from the contract and from nothing else: no rule language, no code of the service. The
 * authorization matrix compares the service with it. Source: contract 10 §4–§6, 02 §5 and §9.1, 06 §3.
 */
import type { ImageVisibility, MemberStatus } from '@lucarne/contract/image-attributes.ts';
import type { EnforcedPolicy } from '@lucarne/contract/operations.ts';

export type Role = 'admin' | 'member' | 'reader' | 'service';

export interface Caller {
  readonly name: string;
  readonly roles: ReadonlySet<Role>;
  readonly project: string | null;
  readonly scope: 'project' | 'system' | 'domain';
}

/** An image or a namespace, as far as it matters who asks for it. */
export interface Possession {
  readonly owner: string | null;
  readonly visibility: ImageVisibility;
}

export interface SharedImage extends Possession {
  readonly members: ReadonlyMap<string, MemberStatus>;
}

/** `new`: the defaults of today. `former`: with `enforce_new_defaults` off. */
export type Defaults = 'new' | 'former';

/** What the service does when nothing but authorization stands in the way. */
export type Verdict = 'passes' | 403 | 404;

/** What is acted upon, as rules see it. */
interface Target {
  readonly projectId: string | null;
  readonly memberId: string | null;
  readonly visibility: ImageVisibility | null;
}

type Rule = (caller: Caller, target: Target) => boolean;

const isAdmin = ({ roles }: Caller) => roles.has('admin');

/** Two names match as text: whoever has no project matches what has no owner. */
function same(one: string | null, other: string | null): boolean {
  return String(one) === String(other);
}

const owns: Rule = (caller, target) => same(caller.project, target.projectId);
const isMember: Rule = (caller, target) => same(caller.project, target.memberId);
const isOpen: Rule = (_, { visibility }) =>
  visibility === 'public' || visibility === 'community' || visibility === 'shared';

const adminOnly: Rule = (caller) => isAdmin(caller);
const ownersMember: Rule = (caller, target) => isAdmin(caller) || (caller.roles.has('member') && owns(caller, target));
const ownersReader: Rule = (caller, target) => isAdmin(caller) || (caller.roles.has('reader') && owns(caller, target));
const serviceApi: Rule = ({ roles }) => roles.has('service') || roles.has('admin');
const seesIt =
  (role: Role): Rule =>
  (caller, target) =>
    isAdmin(caller) ||
    (caller.roles.has(role) && (owns(caller, target) || isMember(caller, target) || isOpen(caller, target)));
const readsMembers: Rule = (caller, target) =>
  isAdmin(caller) || (caller.roles.has('reader') && (owns(caller, target) || isMember(caller, target)));
const readsMetadefs: Rule = (caller, target) =>
  isAdmin(caller) || (caller.roles.has('reader') && (owns(caller, target) || target.visibility === 'public'));

const newRules: Readonly<Record<EnforcedPolicy, Rule>> = {
  add_image: ownersMember,
  get_images: ownersReader,
  get_image: seesIt('reader'),
  modify_image: ownersMember,
  delete_image: ownersMember,
  upload_image: ownersMember,
  download_image: seesIt('member'),
  download_from_store: seesIt('member'),
  publicize_image: adminOnly,
  communitize_image: ownersMember,
  copy_image: adminOnly,
  deactivate: ownersMember,
  reactivate: ownersMember,
  get_image_location: ownersReader,
  set_image_location: ownersMember,
  delete_image_location: adminOnly,
  add_image_location: (caller, target) =>
    serviceApi(caller, target) || (caller.roles.has('member') && owns(caller, target)),
  fetch_image_location: serviceApi,
  add_member: ownersMember,
  delete_member: ownersMember,
  get_member: readsMembers,
  get_members: readsMembers,
  modify_member: (caller, target) => isAdmin(caller) || (caller.roles.has('member') && isMember(caller, target)),
  cache_image: adminOnly,
  cache_list: adminOnly,
  cache_delete: adminOnly,
  cache_clean: adminOnly,
  cache_prune: adminOnly,
  list_cached_nodes: adminOnly,
  stores_info_detail: serviceApi,
  tasks_api_access: adminOnly,
  get_metadef_namespaces: ownersReader,
  get_metadef_namespace: readsMetadefs,
  get_metadef_object: readsMetadefs,
  get_metadef_objects: readsMetadefs,
  list_metadef_resource_types: readsMetadefs,
  get_metadef_resource_type: readsMetadefs,
  get_metadef_property: readsMetadefs,
  get_metadef_properties: readsMetadefs,
  get_metadef_tag: readsMetadefs,
  get_metadef_tags: readsMetadefs,
  add_metadef_namespace: adminOnly,
  modify_metadef_namespace: adminOnly,
  delete_metadef_namespace: adminOnly,
  add_metadef_object: adminOnly,
  modify_metadef_object: adminOnly,
  delete_metadef_object: adminOnly,
  add_metadef_resource_type_association: adminOnly,
  remove_metadef_resource_type_association: adminOnly,
  add_metadef_property: adminOnly,
  modify_metadef_property: adminOnly,
  remove_metadef_property: adminOnly,
  add_metadef_tag: adminOnly,
  add_metadef_tags: adminOnly,
  modify_metadef_tag: adminOnly,
  delete_metadef_tag: adminOnly,
  delete_metadef_tags: adminOnly,
};

/** Rules that allowed everybody before there were roles: the image rules with an empty default, and metadef reads. */
const formerlyForAll: ReadonlySet<EnforcedPolicy> = new Set<EnforcedPolicy>([
  'add_image',
  'get_images',
  'get_image',
  'modify_image',
  'delete_image',
  'upload_image',
  'download_image',
  'communitize_image',
  'deactivate',
  'reactivate',
  'get_image_location',
  'set_image_location',
  'delete_image_location',
  'add_member',
  'delete_member',
  'get_member',
  'get_members',
  'modify_member',
  'get_metadef_namespaces',
  'get_metadef_namespace',
  'get_metadef_object',
  'get_metadef_objects',
  'list_metadef_resource_types',
  'get_metadef_resource_type',
  'get_metadef_property',
  'get_metadef_properties',
  'get_metadef_tag',
  'get_metadef_tags',
]);

/** Rules behind which only the owner and administrators got on, whatever the rule said. */
const formerlyForOwners: ReadonlySet<EnforcedPolicy> = new Set<EnforcedPolicy>([
  'modify_image',
  'delete_image',
  'upload_image',
  'deactivate',
  'reactivate',
  'delete_image_location',
  'add_member',
  'delete_member',
]);

export interface Expectations {
  /** Rules that act on nothing that exists; refused with 403. */
  plain(rules: readonly EnforcedPolicy[], caller: Caller): Verdict;
  /** Creating an image for a project. */
  creation(caller: Caller, image: Possession): Verdict;
  /** Rules on an image, asked in their order. */
  onImage(rules: readonly EnforcedPolicy[], caller: Caller, image: SharedImage): Verdict;
  /** Rules that are no rules on images, asked once the image was found. */
  onceFound(rules: readonly EnforcedPolicy[], caller: Caller, image: SharedImage): Verdict;
  download(caller: Caller, image: SharedImage & { readonly deactivated: boolean }): Verdict;
  /** Calls on the member row of a project. */
  member(call: MemberCall, caller: Caller, image: SharedImage): Verdict;
  /** Rules on a namespace and all in it. */
  onNamespace(rules: readonly EnforcedPolicy[], caller: Caller, namespace: Possession): Verdict;
  /** Rules on metadata definitions that belong to no namespace. */
  onMetadefs(rules: readonly EnforcedPolicy[], caller: Caller): Verdict;
  /** Whether the first page of images has this one. */
  isListed(caller: Caller, image: SharedImage): boolean;
}

export interface MemberCall {
  readonly kind: 'list' | 'create' | 'show' | 'update' | 'delete';
  /** Project of the row. */
  readonly row: string;
}

export function expectationsOf(defaults: Defaults): Expectations {
  const allows = (rule: EnforcedPolicy, caller: Caller, target: Target) => {
    if (caller.scope !== 'project') return false;
    return newRules[rule](caller, target) || (defaults === 'former' && formerlyForAll.has(rule));
  };
  const onExistingImage = (rules: readonly EnforcedPolicy[], caller: Caller, image: SharedImage): Verdict => {
    const target = imageTarget(caller, image);
    for (const rule of rules) {
      if (!allows(rule, caller, target)) {
        if (rule === 'publicize_image' || rule === 'communitize_image') return 403;
        return allows('get_image', caller, target) ? 403 : 404;
      }
      if (defaults === 'former' && formerlyForOwners.has(rule) && !isOwnerOrAdmin(caller, image)) return 403;
    }
    return 'passes';
  };
  const onImage: Expectations['onImage'] = (rules, caller, image) =>
    exists(caller, image) ? onExistingImage(rules, caller, image) : 404;
  const plain: Expectations['plain'] = (rules, caller) =>
    rules.every((rule) => allows(rule, caller, ownTarget(caller))) ? 'passes' : 403;
  const refusedMetadef = (caller: Caller, target: Target) =>
    allows('get_metadef_namespace', caller, target) ? 403 : 404;

  return {
    plain,
    creation(caller, { owner, visibility }) {
      const target = { projectId: owner, memberId: null, visibility };
      if (!isAdmin(caller) && owner !== caller.project) return 403;
      if (!allows('add_image', caller, target)) return 403;
      if (visibility === 'public' && !allows('publicize_image', caller, target)) return 403;
      if (visibility === 'community' && !allows('communitize_image', caller, target)) return 403;
      return 'passes';
    },
    onImage,
    onceFound: (rules, caller, image) => (exists(caller, image) ? plain(rules, caller) : 404),
    download(caller, image) {
      if (!exists(caller, image)) return 404;
      if (image.deactivated && !isAdmin(caller)) return 403;
      return onExistingImage(['download_image'], caller, image);
    },
    member({ kind, row }, caller, image) {
      const readable = onImage(['get_image'], caller, image);
      if (readable !== 'passes') return readable;
      if (image.visibility !== 'shared') return kind === 'show' ? 404 : 403;
      if (kind === 'list') return onExistingImage(['get_members'], caller, image);
      if (kind === 'create') return onExistingImage(['add_member'], caller, image);
      if (!seesRow(caller, image, row)) return 404;
      if (kind === 'show') return onExistingImage(['get_member'], caller, image) === 'passes' ? 'passes' : 404;
      if (kind === 'delete') return onExistingImage(['delete_member'], caller, image);
      if (defaults === 'former' && !isAdmin(caller) && image.owner === caller.project) return 403;
      return onExistingImage(['modify_member'], caller, image);
    },
    onNamespace(rules, caller, namespace) {
      if (!isAdmin(caller) && namespace.visibility !== 'public' && namespace.owner !== caller.project) return 404;
      const target = { projectId: namespace.owner, memberId: null, visibility: namespace.visibility };
      return rules.every((rule) => allows(rule, caller, target)) ? 'passes' : refusedMetadef(caller, target);
    },
    onMetadefs(rules, caller) {
      const target = ownTarget(caller);
      return rules.every((rule) => allows(rule, caller, target)) ? 'passes' : refusedMetadef(caller, target);
    },
    isListed: (caller, image) =>
      isInDefaultSet(caller, image) && allows('get_image', caller, imageTarget(caller, image)),
  };
}

function imageTarget(caller: Caller, image: SharedImage): Target {
  const sharedWithCaller = image.visibility === 'shared' && image.owner !== caller.project;
  return {
    projectId: image.owner,
    memberId: sharedWithCaller ? caller.project : null,
    visibility: image.visibility,
  };
}

function ownTarget(caller: Caller): Target {
  return { projectId: caller.project, memberId: null, visibility: null };
}

/** Whether the database shows the image at all. */
function exists(caller: Caller, image: SharedImage): boolean {
  if (isAdmin(caller) || image.owner === null) return true;
  if (image.visibility === 'public' || image.visibility === 'community') return true;
  if (image.owner === caller.project) return true;
  return image.visibility === 'shared' && caller.project !== null && image.members.has(caller.project);
}

function isInDefaultSet(caller: Caller, image: SharedImage): boolean {
  if (image.owner !== null && image.owner === caller.project) return true;
  if (isAdmin(caller)) return image.visibility !== 'community';
  if (image.visibility === 'public') return true;
  return image.visibility === 'shared' && caller.project !== null && image.members.get(caller.project) === 'accepted';
}

function seesRow(caller: Caller, image: SharedImage, row: string): boolean {
  if (isAdmin(caller) || row === caller.project) return true;
  return image.owner !== null && image.owner === caller.project;
}

function isOwnerOrAdmin(caller: Caller, image: Possession): boolean {
  return isAdmin(caller) || (image.owner !== null && image.owner === caller.project);
}
