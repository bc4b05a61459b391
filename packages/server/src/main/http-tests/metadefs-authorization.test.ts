/** Who may do what with metadata definitions, by the default rules and by others. Source: contract 09 §2, 10 §5, §6. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Persona } from './http-client.testing.ts';
import { createNamespace, filledNamespace, namespacesPath, plainProperty } from './metadefs.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

const reads = [
  ['GET', ''],
  ['GET', '/resource_types'],
  ['GET', '/properties'],
  ['GET', '/properties/one'],
  ['GET', '/objects'],
  ['GET', '/objects/object'],
  ['GET', '/tags'],
  ['GET', '/tags/old'],
] as const;

/** None of them is in another's way; the last removes the namespace. */
const writes: readonly (readonly [method: string, path: string, success: number, json?: unknown])[] = [
  ['POST', '/resource_types', 201, { name: 'added' }],
  ['DELETE', '/resource_types/OS::Nova::Server', 204],
  ['POST', '/properties', 201, { name: 'added', ...plainProperty }],
  ['PUT', '/properties/one', 200, { name: 'one', ...plainProperty }],
  ['DELETE', '/properties/one', 204],
  ['DELETE', '/properties', 204],
  ['POST', '/objects', 201, { name: 'added' }],
  ['PUT', '/objects/object', 200, { name: 'object' }],
  ['DELETE', '/objects/object', 204],
  ['DELETE', '/objects', 204],
  ['POST', '/tags/added', 201],
  ['PUT', '/tags/old', 200, { name: 'old' }],
  ['DELETE', '/tags/old', 204],
  ['POST', '/tags', 201, { tags: [{ name: 'added' }] }],
  ['DELETE', '/tags', 204],
  ['DELETE', '', 204],
];

describe('by the default rules', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await runService({ config: 'allow_anonymous_access = true' });
  });
  afterAll(() => service.close());

  /** `success`: what the operation gives who may do it. */
  test.each<[Persona, string, number | 'success', number | 'success']>([
    ['admin', 'private', 'success', 'success'],
    ['admin', 'public', 'success', 'success'],
    ['member', 'private', 'success', 403],
    ['member', 'public', 'success', 403],
    ['reader', 'private', 'success', 403],
    ['otherMember', 'private', 404, 404],
    ['otherMember', 'public', 'success', 403],
    ['service', 'public', 404, 404],
    ['nobody', 'private', 404, 404],
    ['nobody', 'public', 404, 404],
    ['stranger', 'private', 404, 403],
    ['stranger', 'public', 404, 403],
  ])('%s and a %s namespace of p1: reads %s, writes %s', async (as, visibility, read, write) => {
    const namespace = await createNamespace(service, { ...filledNamespace, owner: 'p1', visibility });
    const path = `${namespacesPath}/${namespace}`;
    for (const [method, rest] of reads) {
      const { status } = await service.send(`${method} ${path}${rest}`, { as });
      expect([method, rest, status]).toEqual([method, rest, read === 'success' ? 200 : read]);
    }
    const replaced = await service.send(`PUT ${path}`, { as, json: { namespace, visibility, owner: 'p1' } });
    expect(replaced.status).toBe(write === 'success' ? 200 : write);
    for (const [method, rest, success, json] of writes) {
      const given = json === undefined ? {} : { json };
      const { status } = await service.send(`${method} ${path}${rest}`, { as, ...given });
      expect([method, rest, status]).toEqual([method, rest, write === 'success' ? success : write]);
    }
  });

  test.each<[Persona, number, number]>([
    ['admin', 200, 201],
    ['member', 200, 403],
    ['reader', 200, 403],
    ['service', 404, 404],
    ['nobody', 404, 404],
    ['stranger', 404, 403],
  ])('%s lists: %i, creates: %i', async (as, list, create) => {
    const json = { namespace: `ns-${randomUUID()}` };
    expect((await service.send(`GET ${namespacesPath}`, { as })).status).toBe(list);
    expect((await service.send('GET /v2/metadefs/resource_types', { as })).status).toBe(list);
    expect((await service.send(`POST ${namespacesPath}`, { as, json })).status).toBe(create);
  });

  test('an admin whose token has no project names the owner: 400 else', async () => {
    const headers = { 'x-identity-status': 'Confirmed', 'x-user-id': 'root', 'x-roles': 'admin' };
    const create = (json: object) => service.send(`POST ${namespacesPath}`, { as: 'stranger', headers, json });
    expect((await create({ namespace: 'ownerless' })).status).toBe(400);
    expect((await create({ namespace: 'owned', owner: 'p1' })).status).toBe(201);
  });
});

describe('by rules of the operator', () => {
  let folder: string;
  let service: RunningService;
  const readable = 'role:admin or role:reader';
  const deniedRules = [
    'get_metadef_object',
    'get_metadef_resource_type',
    'get_metadef_tags',
    'get_metadef_tag',
    'get_metadef_property',
    'add_metadef_tag',
    'add_metadef_property',
    'delete_metadef_tags',
  ];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lucarne-metadef-policy-'));
    const rules = Object.fromEntries(deniedRules.map((name) => [name, '!']));
    const hidden = `(${readable}) and not 'p2':%(project_id)s`;
    const policy = { ...rules, get_metadef_namespace: hidden, modify_metadef_namespace: 'role:member' };
    writeFileSync(join(folder, 'policy.yaml'), JSON.stringify(policy));
    service = await runService({
      config: `limit_param_default = 2\n[oslo_policy]\npolicy_file = ${join(folder, 'policy.yaml')}`,
    });
  });
  afterAll(async () => {
    await service.close();
    rmSync(folder, { recursive: true });
  });

  const withoutDenied = { ...filledNamespace, tags: [], properties: {} };

  test('items of lists that are denied vanish: 200; one that is asked for is 403', async () => {
    const namespace = await createNamespace(service, withoutDenied);
    const path = `${namespacesPath}/${namespace}`;
    const get = async (rest: string) => {
      const answer = await service.send(`GET ${path}${rest}`, { as: 'member' });
      return [answer.status, answer.status === 200 ? answer.json() : null];
    };
    expect(await get('/objects')).toEqual([200, { objects: [], schema: 'v2/schemas/metadefs/objects' }]);
    expect(await get('/resource_types')).toEqual([200, { resource_type_associations: [] }]);
    expect(await get('/objects/object')).toEqual([403, null]);
    expect(await get('/tags')).toEqual([403, null]);
    expect(await get('/tags/x')).toEqual([403, null]);
    expect(await get('/properties/x')).toEqual([403, null]);
    expect(await get('')).toEqual([403, null]);
    expect(await get('/properties')).toEqual([200, { properties: {} }]);
  });

  test('parts that may not be added are only asked about when there are some: 403, and nothing is made', async () => {
    const create = (parts: object, namespace = `ns-${randomUUID()}`) =>
      service.send(`POST ${namespacesPath}`, { as: 'admin', json: { namespace, ...parts } });
    expect((await create({ tags: [], properties: {} })).status).toBe(201);
    expect((await create({ tags: [{ name: 'x' }] }, 'refused')).status).toBe(403);
    expect((await create({ properties: { p: plainProperty } }, 'refused')).status).toBe(403);
    expect((await create({ objects: [{ name: 'x' }] }, 'refused')).status).toBe(201);
  });

  test('bulk deletion of tags takes two rules: 403 for want of the second', async () => {
    const path = `${namespacesPath}/${await createNamespace(service, withoutDenied)}`;
    expect((await service.send(`DELETE ${path}/tags`, { as: 'admin' })).status).toBe(403);
    expect((await service.send(`DELETE ${path}/objects`, { as: 'admin' })).status).toBe(204);
  });

  test('who may change a namespace may give it away, and sees it no more: 200, then 404', async () => {
    const namespace = await createNamespace(service, { owner: 'p1' });
    const json = { namespace, owner: 'p5' };
    expect((await service.send(`PUT ${namespacesPath}/${namespace}`, { as: 'member', json })).status).toBe(200);
    expect((await service.send(`GET ${namespacesPath}/${namespace}`, { as: 'member' })).status).toBe(404);
  });

  test('namespaces that are denied vanish from the list, and what comes behind them is still reached', async () => {
    await createNamespace(service, { owner: 'p1', visibility: 'public' });
    for (const owner of ['p2', 'p2']) await createNamespace(service, { owner, visibility: 'public' });
    const page = (await service.send(`GET ${namespacesPath}`, { as: 'member' })).json();
    expect(page['namespaces']).toEqual([]);
    const next = (await service.send(`GET ${String(page['next'])}`, { as: 'member' })).json();
    expect((next['namespaces'] as { owner: string }[]).map(({ owner }) => owner)).toContain('p1');
  });
});
