/**
 * The personas of secure RBAC with the roles and tokens of a real Keystone, over the whole table of operations. What is
 * expected of whom is written in the authorization matrix of the server: a unit-level table, which this needs as it is.
 */
import { operations } from '@lucarne/contract/operations.ts';
import { casesOf, rowProject } from '@lucarne/server/main/http-tests/authorization-cases.testing.ts';
import type {
  ImageState,
  ImageSubject,
  MatrixCase,
  NamespaceSubject,
} from '@lucarne/server/main/http-tests/authorization-cases.testing.ts';
import { expectationsOf } from '@lucarne/server/main/http-tests/expected-authorization.testing.ts';
import type {
  Caller,
  Possession,
  Role,
  Verdict,
} from '@lucarne/server/main/http-tests/expected-authorization.testing.ts';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageGroups, requirePackages } from './support/debian-packages.ts';
import { startKeystone } from './support/keystone-server.ts';
import type { RunningKeystone } from './support/keystone-server.ts';
import { startLucarne } from './support/running-server.ts';
import type { RunningLucarne } from './support/running-server.ts';

const hasKeystone = await requirePackages(packageGroups.keystone);

interface Persona extends Caller {
  readonly token: string;
}

type Sent = ReturnType<MatrixCase['request']>;

const wrapper = join(import.meta.dirname, '../lucarne');
const octets = { 'content-type': 'application/octet-stream' };
const json = { 'content-type': 'application/json' };

describe.skipIf(!hasKeystone)('With the roles of a real Keystone', () => {
  let keystone: RunningKeystone;
  let service: RunningLucarne;
  let personas: readonly Persona[] = [];
  /** An administrator in a project of its own, who prepares everything. */
  let admin: Persona;
  const projects = { owner: '', sharing: '', other: '' };

  beforeAll(async () => {
    keystone = await startKeystone();
    const { admin: cloud } = keystone;
    const named = {
      owner: await cloud.createProject('owner'),
      sharing: await cloud.createProject('sharing'),
      other: await cloud.createProject('other'),
    };
    for (const name of ['owner', 'sharing', 'other'] as const) projects[name] = named[name].id;
    const found: Persona[] = [];
    const roles: readonly (readonly [Role, keyof typeof projects])[] = [
      ['admin', 'owner'],
      ['member', 'owner'],
      ['reader', 'owner'],
      ['service', 'owner'],
      ['admin', 'other'],
      ['member', 'other'],
      ['reader', 'other'],
      ['service', 'other'],
      ['member', 'sharing'],
      ['reader', 'sharing'],
    ];
    for (const [role, project] of roles) {
      const { login } = await cloud.createMember(`${role}-in-${project}`, named[project], [role]);
      found.push(await personaOf(`${role} in ${project}`, login, 'project', projects[project]));
    }
    const { login: auditor } = await cloud.createMember('auditor', named.owner, ['auditor']);
    found.push(await personaOf('a role of nobody in owner', auditor, 'project', projects.owner));
    for (const role of ['admin', 'reader'] as const) {
      const name = `system-${role}`;
      const user = await cloud.createUser(name, 'secret');
      await cloud.assign(user.id, role, 'system');
      found.push(await personaOf(name, { userName: name, password: 'secret', system: 'all' }, 'system', null));
    }
    const manager = await cloud.createUser('domain-admin', 'secret');
    await cloud.assign(manager.id, 'admin', { domainId: 'default' });
    const domainLogin = { userName: 'domain-admin', password: 'secret', domainName: 'Default' };
    found.push(await personaOf('domain-admin', domainLogin, 'domain', null));
    personas = found;
    admin = found[4] ?? raise('There is no administrator.');
    service = await startService(await serviceUser());
  });

  afterAll(async () => {
    await service?.stop();
    await keystone?.stop();
  });

  /** Roles as the token has them: Keystone adds those that a role implies. */
  async function personaOf(
    name: string,
    login: Parameters<RunningKeystone['admin']['token']>[0],
    scope: Caller['scope'],
    project: string | null,
  ): Promise<Persona> {
    const { id, body } = await keystone.admin.token(login);
    const held = (body['roles'] as readonly { readonly name: string }[]).map((role) => role.name as Role);
    return { name, roles: new Set(held), project, scope, token: id };
  }

  async function serviceUser(): Promise<string> {
    const project = await keystone.admin.createProject('service');
    await keystone.admin.createMember('glance', project, ['admin', 'service']);
    return 'password-of-glance';
  }

  function startService(password: string): Promise<RunningLucarne> {
    return startLucarne({
      config: `[DEFAULT]
enabled_backends = fast:file, web:http
worker_self_reference_url = http://127.0.0.1
image_cache_dir = cache
[paste_deploy]
flavor = keystone+caching
[glance_store]
default_backend = fast
[fast]
filesystem_store_datadir = fast
[keystone_authtoken]
www_authenticate_uri = ${keystone.authUrl}
auth_type = password
auth_url = ${keystone.authUrl}
username = glance
password = ${password}
user_domain_name = Default
project_name = service
project_domain_name = Default
`,
    });
  }

  async function send(persona: Persona, [request, options = {}]: Sent): Promise<Response> {
    const [method = '', path = ''] = request.split(' ', 2);
    const body = options.json === undefined ? options.body : JSON.stringify(options.json);
    const answer = await fetch(`${service.url}${path}`, {
      method,
      headers: {
        'x-auth-token': persona.token,
        ...(options.json === undefined ? {} : json),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : Buffer.from(body) }),
    });
    await answer.clone().arrayBuffer();
    return answer;
  }

  async function prepare(sent: Sent, status: number): Promise<void> {
    const answer = await send(admin, sent);
    if (answer.status !== status) throw new Error(`${sent[0]}: ${answer.status}, ${await answer.text()}`);
  }

  async function prepareImage(possession: Possession, state: ImageState): Promise<ImageSubject> {
    const id = randomUUID();
    const path = `/v2/images/${id}`;
    const formats = { disk_format: 'raw', container_format: 'bare', tags: ['t'] };
    const shared = possession.visibility === 'shared';
    await prepare(['POST /v2/images', { json: { id, ...formats, ...possession } }], 201);
    if (state !== 'queued') await prepare([`PUT ${path}/file`, { headers: octets, body: 'data of it' }], 204);
    if (state === 'cached') await prepare([`GET ${path}/file`], 200);
    if (state === 'deactivated') await prepare([`POST ${path}/actions/deactivate`], 204);
    const members = new Map(
      shared
        ? ([
            [rowProject, 'pending'],
            [projects.sharing, 'pending'],
          ] as const)
        : [],
    );
    for (const member of members.keys()) await prepare([`POST ${path}/members`, { json: { member } }], 200);
    return { ...possession, members, id, deactivated: state === 'deactivated' };
  }

  async function prepareNamespace(possession: Possession): Promise<NamespaceSubject> {
    const name = randomUUID();
    const contents = {
      properties: { known: { type: 'string', title: 'Known' } },
      objects: [{ name: 'known' }],
      tags: [{ name: 'known' }],
      resource_type_associations: [{ name: 'OS::Known' }],
    };
    await prepare(['POST /v2/metadefs/namespaces', { json: { ...possession, namespace: name, ...contents } }], 201);
    return { ...possession, name };
  }

  const expectations = expectationsOf('new');

  interface Attempt {
    readonly of: string;
    readonly persona: Persona;
    readonly sent: Sent;
    readonly verdict: Verdict;
  }

  async function attemptsOf(matrixCase: MatrixCase): Promise<readonly Attempt[]> {
    if (matrixCase.kind === 'plain') {
      return personas.map((persona) => ({
        of: '',
        persona,
        sent: matrixCase.request(persona),
        verdict: matrixCase.expected(expectations, persona),
      }));
    }
    const visibilities =
      matrixCase.kind === 'image' ? (['private', 'shared', 'public'] as const) : (['private', 'public'] as const);
    const attempts: Attempt[] = [];
    for (const visibility of visibilities) {
      const possession = { owner: projects.owner, visibility };
      const of = `of a ${visibility} ${matrixCase.kind}`;
      if (matrixCase.kind === 'image') {
        const shared = await prepareImage(possession, matrixCase.state);
        for (const persona of personas) {
          const verdict = matrixCase.expected(expectations, persona, shared);
          const needsOwn = matrixCase.consumes && verdict === 'passes';
          const subject = needsOwn ? await prepareImage(possession, matrixCase.state) : shared;
          attempts.push({ of, persona, sent: matrixCase.request(subject, persona), verdict });
        }
      } else {
        const shared = await prepareNamespace(possession);
        for (const persona of personas) {
          const verdict = matrixCase.expected(expectations, persona, shared);
          const needsOwn = matrixCase.consumes && verdict === 'passes';
          const subject = needsOwn ? await prepareNamespace(possession) : shared;
          attempts.push({ of, persona, sent: matrixCase.request(subject), verdict });
        }
      }
    }
    return attempts;
  }

  test('the tokens have the roles that Keystone implies', () => {
    const rolesOf = new Map(personas.map(({ name, roles }) => [name, [...roles].toSorted()]));
    expect(rolesOf.get('admin in owner')).toEqual(expect.arrayContaining(['admin', 'member', 'reader']));
    expect(rolesOf.get('member in owner')).toEqual(['member', 'reader']);
    expect(rolesOf.get('reader in owner')).toEqual(['reader']);
    expect(rolesOf.get('service in owner')).toEqual(['service']);
  });

  test('policy check takes their tokens, and explains what became of them', async () => {
    const config = join(service.directory, 'lucarne.conf');
    const outcomes: string[] = [];
    for (const persona of personas) {
      const args = ['policy', 'check', '--config-file', config, '--rule', 'delete_image', '--token', persona.token];
      const { status, stdout } = await lucarne(
        [...args, '--target', `project_id=${projects.owner}`],
        service.directory,
      );
      expect(stdout).toContain('Rule `delete_image` (the default)');
      if (status === 0) outcomes.push(persona.name);
    }
    expect(outcomes).toEqual(['admin in owner', 'member in owner', 'admin in other']);
    const args = ['policy', 'check', '--config-file', config, '--rule', 'delete_image', '--token', 'invalid'];
    expect(await lucarne(args, service.directory)).toMatchObject({ status: 2, stdout: '' });
  });

  test.each(operations.map(({ id }) => id))('%s lets through exactly the personas it is for', async (operation) => {
    const differences: string[] = [];
    for (const matrixCase of casesOf(operation)) {
      const attempts = await attemptsOf(matrixCase);
      expect(attempts.map(({ verdict }) => verdict)).toContain('passes');
      for (const { of, persona, sent, verdict } of attempts) {
        const expected = verdict === 'passes' ? matrixCase.passes : verdict;
        const { status } = await send(persona, sent);
        if (status !== expected) {
          differences.push(`${matrixCase.title} ${of} by ${persona.name}: ${status}, not ${expected}`);
        }
      }
    }
    expect(differences).toEqual([]);
  });
});

function lucarne(
  args: readonly string[],
  folder: string,
): Promise<{ readonly status: number; readonly stdout: string }> {
  const env = { ...process.env, LUCARNE_NODE: process.execPath };
  return new Promise((resolve) => {
    const child = execFile(wrapper, args, { cwd: folder, env }, (_error, stdout) => {
      resolve({ status: child.exitCode ?? -1, stdout });
    });
  });
}

function raise(message: string): never {
  throw new Error(message);
}
