import { imageVisibilities } from '@lucarne/contract/image-attributes.ts';
import { operations } from '@lucarne/contract/operations.ts';
import { describe, expect, test } from 'vitest';
import { sampleImage } from '../images/image-samples.testing.ts';
import type { RequestContext } from '../request-context.ts';
import { defaultRules } from './default-rules.ts';
import { callerProjectTarget, imageTarget, newImageTarget } from './image-target.ts';
import { emptyTarget } from './named-values.ts';
import type { PolicyTarget } from './named-values.ts';
import { sampleContext, sampleEngine } from './policy-samples.testing.ts';
import { parseRule, ruleProblems } from './rule-parser.ts';

/** As Keystone hands the roles out: the greater ones come with the lesser ones. */
const personas = {
  admin: ['admin', 'member', 'reader'],
  member: ['member', 'reader'],
  reader: ['reader'],
  bareMember: ['member'],
  service: ['service'],
  none: [],
} as const;
type Persona = keyof typeof personas;

function persona(name: Persona): RequestContext {
  return sampleContext({ roles: personas[name] });
}

/** Every image there is to a caller of project `own`. A foreign shared image it can reach is one it is a member of. */
const situations: ReadonlyMap<string, PolicyTarget> = new Map(
  imageVisibilities.flatMap((visibility) =>
    (['own', 'foreign'] as const).map((owner) => [
      `${owner} ${visibility}`,
      imageTarget(sampleImage({ owner, visibility }), sampleContext()),
    ]),
  ),
);

const everything = [...situations.keys()];
const own = everything.filter((situation) => situation.startsWith('own '));
const visible = [...own, 'foreign community', 'foreign public', 'foreign shared'];
const ownOrMember = [...own, 'foreign shared'];
const nothing: readonly string[] = [];

type Reach = Readonly<Partial<Record<Persona, readonly string[]>>>;
const owners: Reach = { member: own, bareMember: own };
const readers: Reach = { member: visible, reader: visible };
const downloaders: Reach = { member: visible, bareMember: visible };
const membershipReaders: Reach = { member: ownOrMember, reader: ownOrMember };

/** What the personas beside admin, who may do everything, and none, who may do nothing, can do with which image. */
const imageRules: Readonly<Record<string, Reach>> = {
  get_image: readers,
  modify_image: owners,
  delete_image: owners,
  upload_image: owners,
  download_image: downloaders,
  download_from_store: downloaders,
  publicize_image: {},
  communitize_image: owners,
  copy_image: {},
  deactivate: owners,
  reactivate: owners,
  get_image_location: { member: own, reader: own },
  set_image_location: owners,
  delete_image_location: {},
  add_image_location: { ...owners, service: everything },
  fetch_image_location: { service: everything },
  add_member: owners,
  delete_member: owners,
  get_member: membershipReaders,
  get_members: membershipReaders,
  modify_member: { member: ['foreign shared'], bareMember: ['foreign shared'] },
};

describe('who may do what with which image', () => {
  const engine = sampleEngine();
  const cells = Object.keys(imageRules).flatMap((rule) =>
    (Object.keys(personas) as Persona[]).map((name) => [rule, name] as const),
  );

  test.each(cells)('%s by %s', (rule, name) => {
    const expected = name === 'admin' ? everything : (imageRules[rule]?.[name] ?? nothing);
    const allowed = everything.filter(
      (key) => engine.allows(persona(name), rule, situations.get(key) ?? emptyTarget) === true,
    );
    expect(allowed.toSorted()).toEqual(expected.toSorted());
  });

  test('a caller without a project passes where the image has no owner', () => {
    const context = sampleContext({ projectId: null, roles: ['member'] });
    expect(engine.allows(context, 'modify_image', imageTarget(sampleImage({ owner: null }), context))).toBe(true);
    expect(engine.allows(context, 'modify_image', imageTarget(sampleImage({ owner: 'own' }), context))).toBe(false);
  });
});

describe('calls that are not about one image', () => {
  const engine = sampleEngine();
  const projectList = callerProjectTarget(sampleContext());
  const ownImage = newImageTarget({ owner: null, visibility: null }, sampleContext());
  const foreignImage = newImageTarget({ owner: 'foreign', visibility: null }, sampleContext());
  const ownNamespace = new Map([
    ['project_id', 'own'],
    ['visibility', 'private'],
  ]);
  const publicNamespace = new Map([
    ['project_id', 'foreign'],
    ['visibility', 'public'],
  ]);
  const privateNamespace = new Map([
    ['project_id', 'foreign'],
    ['visibility', 'private'],
  ]);

  test.each<[string, string, PolicyTarget, readonly Persona[]]>([
    ['get_images', 'the list', projectList, ['member', 'reader']],
    ['add_image', 'an image of its own', ownImage, ['member', 'bareMember']],
    ['add_image', 'an image for somebody else', foreignImage, []],
    ['cache_list', 'nothing', emptyTarget, []],
    ['manage_image_cache', 'nothing', emptyTarget, []],
    ['stores_info_detail', 'nothing', emptyTarget, ['service']],
    ['tasks_api_access', 'nothing', emptyTarget, []],
    ['get_tasks', 'nothing', emptyTarget, ['member', 'reader', 'bareMember', 'service', 'none']],
    ['get_metadef_namespaces', 'the list', projectList, ['member', 'reader']],
    ['get_metadef_namespace', 'its own namespace', ownNamespace, ['member', 'reader']],
    ['get_metadef_objects', 'a public namespace', publicNamespace, ['member', 'reader']],
    ['get_metadef_tag', 'a foreign private namespace', privateNamespace, []],
    ['add_metadef_namespace', 'its own namespace', ownNamespace, []],
    ['delete_metadef_tags', 'its own namespace', ownNamespace, []],
  ])('%s on %s', (rule, _what, target, others) => {
    const allowed = (Object.keys(personas) as Persona[]).filter(
      (name) => engine.allows(persona(name), rule, target) === true,
    );
    expect(allowed).toEqual(['admin', ...others]);
  });
});

describe('the table of rules', () => {
  /** Source: contract 10 §5. */
  const names = `default context_is_admin service_api add_image get_images get_image modify_image delete_image
    upload_image download_image download_from_store publicize_image communitize_image copy_image deactivate reactivate
    get_image_location set_image_location delete_image_location add_image_location fetch_image_location add_member
    delete_member get_member get_members modify_member manage_image_cache cache_image cache_list cache_delete
    cache_clean cache_prune list_cached_nodes stores_info_detail tasks_api_access get_task get_tasks add_task modify_task
    metadef_default metadef_admin get_metadef_namespaces get_metadef_namespace get_metadef_object get_metadef_objects
    list_metadef_resource_types get_metadef_resource_type get_metadef_property get_metadef_properties get_metadef_tag
    get_metadef_tags modify_metadef_namespace add_metadef_namespace delete_metadef_namespace modify_metadef_object
    add_metadef_object delete_metadef_object add_metadef_resource_type_association
    remove_metadef_resource_type_association modify_metadef_property add_metadef_property remove_metadef_property
    modify_metadef_tag add_metadef_tag delete_metadef_tag add_metadef_tags delete_metadef_tags`;

  test('has every rule of the contract once', () => {
    expect(defaultRules.map((rule) => rule.name).toSorted()).toEqual(names.split(/\s+/).toSorted());
  });

  test.each(defaultRules)('$name can be read and says what it is about', (rule) => {
    expect(ruleProblems(parseRule(rule.check))).toEqual([]);
    expect(ruleProblems(parseRule(rule.formerCheck ?? ''))).toEqual([]);
    expect(rule.description).toMatch(/^[A-Z].*\.$/);
    expect(rule.operations.every((operation) => operation.path.startsWith('/v2/'))).toBe(true);
  });

  /** `METHOD /path` of what each rule guards. */
  function guarded(rows: readonly { readonly name: string; readonly on: string }[]): ReadonlySet<string> {
    return new Set(rows.map(({ name, on }) => `${name}: ${on}`));
  }

  test('says of each rule what the table of operations says, and of the older calls of the cache', () => {
    const byRules = defaultRules
      .filter(({ name }) => name !== 'manage_image_cache')
      .flatMap(({ name, operations: on }) => on.map(({ method, path }) => ({ name, on: `${method} ${path}` })));
    const byOperations = operations.flatMap(({ policies, method, path }) =>
      policies.map((name) => ({ name, on: `${method} ${path}` })),
    );
    expect(guarded(byRules)).toEqual(guarded(byOperations));
  });

  test('building blocks are open to every scope, the others to projects', () => {
    const open = defaultRules.filter((rule) => rule.scopeTypes.length === 0).map((rule) => rule.name);
    expect(open).toEqual(['default', 'context_is_admin', 'service_api', 'metadef_default', 'metadef_admin']);
  });
});
