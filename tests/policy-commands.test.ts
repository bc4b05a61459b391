/** What an operator does with rules: looks at them, asks why, protects properties, and is told what is wrong in a file. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startLucarne } from './support/running-server.ts';
import type { RunningLucarne } from './support/running-server.ts';

interface CommandRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const wrapper = join(import.meta.dirname, '../lucarne');
let folder: string;
let config: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lucarne-policy-'));
  config = join(folder, 'glance-api.conf');
  await configure('');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function configure(text: string): Promise<void> {
  await writeFile(config, `${text}\n[database]\nconnection = sqlite:///${folder}/images.sqlite\n`);
}

function lucarne(...args: readonly string[]): Promise<CommandRun> {
  const env = { ...process.env, LUCARNE_NODE: process.execPath };
  return new Promise((resolve) => {
    const child = execFile(wrapper, args, { cwd: folder, env }, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

function check(...args: readonly string[]): Promise<CommandRun> {
  return lucarne('policy', 'check', '--config-file', config, ...args);
}

const member = ['--roles', 'member,reader', '--project', 'p1'];

describe('lucarne policy check', () => {
  test('says which part of which rule decided, and in which file and line it is: 0 allowed, 1 denied', async () => {
    const file = join(folder, 'policy.yaml');
    await writeFile(
      file,
      'mine: role:operator\n\ndelete_image: rule:mine or (role:member and project_id:%(project_id)s)\n',
    );
    const denied = await check('--rule', 'delete_image', ...member, '--target', 'project_id=p2');
    expect(denied.status).toBe(1);
    expect(denied.stdout).toBe(
      `Denied. Rule \`delete_image\` (${file}, line 3) denies: ` +
        `\`role:operator\` in rule \`mine\` (${file}, line 1) denies, as the caller's roles are ['member', 'reader']; ` +
        "`project_id:%(project_id)s` denies, as the caller's project_id is p1 and the target's project_id is p2.\n\n" +
        `* rule:delete_image (${file}, line 3): denies\n` +
        '*   rule:mine or role:member and project_id:%(project_id)s: denies\n' +
        `*     rule:mine (${file}, line 1): denies\n` +
        "*       role:operator: denies; the caller's roles are ['member', 'reader']\n" +
        '*     role:member and project_id:%(project_id)s: denies\n' +
        "        role:member: allows; the caller's roles are ['member', 'reader']\n" +
        "*       project_id:%(project_id)s: denies; the caller's project_id is p1 and the target's project_id is p2\n",
    );
    const own = await check('--rule', 'delete_image', ...member);
    expect(own.status).toBe(0);
    expect(own.stdout).toMatch(/^Allowed\. Rule `delete_image`/);
  });

  test('says that a rule is a default, and that the scope of a token decided', async () => {
    const admin = await check('--rule', 'publicize_image', '--roles', 'admin', '--project', 'p1');
    expect(admin.status).toBe(0);
    expect(admin.stdout).toContain('`role:admin` in rule `context_is_admin` (the default) allows');
    const system = await check('--rule', 'get_images', '--roles', 'admin', '--system-scope');
    expect(system.status).toBe(1);
    expect(system.stdout).toContain('the token is scoped to a system');
    const domain = await check('--rule', 'get_images', '--roles', 'admin', '--domain', 'd1');
    expect(domain.stdout).toContain('the token is scoped to a domain');
  });

  test.each([
    ['no rule', member],
    ['nobody who asks', ['--rule', 'get_images']],
    ['a token and roles', ['--rule', 'get_images', '--token', 't', '--roles', 'member']],
    ['two scopes', ['--rule', 'get_images', ...member, '--domain', 'd1']],
    ['a fact without a value', ['--rule', 'get_images', ...member, '--target', 'owner']],
    ['an unknown flag', ['--rule', 'get_images', ...member, '--nothing']],
    ['a configuration that is wrong', ['--rule', 'get_images', ...member, '--config-file', '/nonexistent.conf']],
  ])('gives no answer to %s: 2', async (_, args) => {
    const run = await check(...args);
    expect(run.status).toBe(2);
    expect(run.stderr).not.toBe('');
    expect(run.stdout).toBe('');
  });

  test('looks for an image without changing a database', async () => {
    const run = await check('--rule', 'get_image', ...member, '--image', '5b2b5d1c-4f0e-4f0e-8f0e-0123456789ab');
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toContain('lucarne db check');
    expect((await lucarne('db', 'version', '--config-file', config)).stdout).toBe('\n');
  });

  test('takes a token of the running service, and an image of its database', async () => {
    const service = await startLucarne();
    try {
      const client = await logIn(service);
      const image = await client.create({ name: 'n', visibility: 'private' });
      const about = ['--data-dir', service.dataDirectory, '--rule', 'delete_image', '--image', image];
      const own = await lucarne('policy', 'check', ...about, '--token', client.token);
      expect(own).toMatchObject({ status: 0, stderr: '' });
      const other = await lucarne('policy', 'check', ...about, '--roles', 'member,reader', '--project', 'other');
      expect(other.status).toBe(1);
      expect(other.stdout).toContain('end with 404 before any rule is asked');
      const absent = '5b2b5d1c-4f0e-4f0e-8f0e-0123456789ab';
      const none = await lucarne('policy', 'check', ...about, '--image', absent, ...member);
      expect(none).toMatchObject({ status: 2, stdout: '', stderr: `There is no image with ID ${absent}.\n` });
      const invalid = await lucarne('policy', 'check', ...about, '--token', `${client.token}x`);
      expect(invalid).toMatchObject({ status: 2, stdout: '', stderr: 'The token is not valid.\n' });
    } finally {
      await service.stop();
    }
  });
});

describe('lucarne policy list and sample', () => {
  test('print the rules in force and where they are from', async () => {
    await writeFile(join(folder, 'policy.yaml'), '"publicize_image": "role:publisher"\n"own": "@"\n');
    const table = await lucarne('policy', 'list', '--config-file', config);
    expect(table.status).toBe(0);
    const lines = table.stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(lines).toContainEqual(['publicize_image', `${folder}/policy.yaml:1`, 'role:publisher']);
    expect(lines).toContainEqual(['own', `${folder}/policy.yaml:2`, '@']);
    expect(lines).toContainEqual(['copy_image', 'default', 'rule:context_is_admin']);
    const json = await lucarne('policy', 'list', '--json', '--config-file', config);
    expect(JSON.parse(json.stdout)).toContainEqual({
      name: 'publicize_image',
      check: 'role:publisher',
      from: `${folder}/policy.yaml:1`,
      overridden: true,
      description: 'Make an image public.',
      operations: ['POST /v2/images', 'PATCH /v2/images/{image_id}'],
      scope_types: ['project'],
    });
  });

  test('a sample that is put in the place of the policy file changes no rule', async () => {
    const before = await lucarne('policy', 'list', '--json', '--config-file', config);
    const checks = (run: CommandRun) =>
      (JSON.parse(run.stdout) as { name: string; check: string }[]).map(({ name, check: text }) => `${name}: ${text}`);
    for (const flags of [[], ['--active']]) {
      const sample = await lucarne('policy', 'sample', ...flags);
      expect(sample.stdout).toContain('# POST   /v2/images\n');
      await writeFile(join(folder, 'policy.yaml'), sample.stdout);
      const after = await lucarne('policy', 'list', '--json', '--config-file', config);
      expect(after.stderr).toBe('');
      expect(checks(after)).toEqual(checks(before));
      const overridden = (JSON.parse(after.stdout) as { overridden: boolean }[]).filter((rule) => rule.overridden);
      expect(overridden).toHaveLength(flags.length === 0 ? 0 : checks(before).length);
    }
  });
});

describe('lucarne serve', () => {
  test.each([
    ['policy.yaml', 'a: role:a\n"b": [1]\n', /policy\.yaml cannot be used: rule `b` is neither .* at line 2/],
    ['protections.conf', '[x_.*]\ncreate = @\nread = @\nupdate = @,!\ndelete =\n', /protections\.conf:4: .*both @/],
    [
      'protections.conf',
      '[(?<!x)y]\ncreate = @\nread = @\nupdate = @\ndelete = @\n',
      /protections\.conf:1: the pattern/,
    ],
    ['elsewhere.conf', '', /protections\.conf is nowhere in/],
  ])('refuses to start with a %s that is wrong, with its place and the reason', async (name, text, reason) => {
    const protections = name === 'policy.yaml' ? '' : '[DEFAULT]\nproperty_protection_file = protections.conf\n';
    await configure(protections);
    await writeFile(join(folder, name), text);
    const run = await lucarne('serve', '--port', '0', '--config-file', config, '--data-dir', join(folder, 'data'));
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(reason);
  });

  test('points out a rule that protections name and that does not exist', async () => {
    const file = join(folder, 'protections.conf');
    await writeFile(file, '[.*]\ncreate = lost\nread = @\nupdate = context_is_admin\ndelete = !\n');
    const options = `property_protection_file = ${file}\nproperty_protection_rule_format = policies\n`;
    const service = await startLucarne({ config: `[DEFAULT]\n${options}[paste_deploy]\nflavor = trusted-auth\n` });
    try {
      expect(service.logs()).toContain('there is no rule `lost`, so rule `default` decides instead');
      expect(service.logs()).not.toContain('there is no rule `context_is_admin`');
    } finally {
      await service.stop();
    }
  });

  test('keeps the last good rules when the policy file becomes wrong, says so, and takes it when it is mended', async () => {
    const file = join(folder, 'policy.yaml');
    await writeFile(file, 'add_image: ""\n');
    const service = await startLucarne({
      config: `[oslo_policy]\npolicy_file = ${file}\n[paste_deploy]\nflavor = trusted-auth\n`,
    });
    try {
      const status = async () => (await create(service)).status;
      expect(await status()).toBe(201);
      await writeFile(file, 'add_image: [\n');
      await expect
        .poll(async () => [await status(), service.logs()], { timeout: 60_000, interval: 200 })
        .toEqual([201, expect.stringMatching(/the rules of before stay in force: .*policy\.yaml cannot be used/)]);
      await writeFile(file, 'add_image: "!"\n');
      await expect.poll(status, { timeout: 60_000, interval: 200 }).toBe(403);
    } finally {
      await service.stop();
    }
  });

  test('tells an administrator why it refuses, where the operator wants it, and nobody else', async () => {
    const file = join(folder, 'policy.yaml');
    await writeFile(file, '\nadd_image: "!"\n');
    const service = await startLucarne({
      config: `[oslo_policy]\npolicy_file = ${file}\n[paste_deploy]\nflavor = trusted-auth\n[lucarne]\nexplain_denials = true\n`,
    });
    try {
      const admin = await create(service, 'admin');
      expect(admin.status).toBe(403);
      expect(await admin.text()).toContain(`Rule \`add_image\` (${file}, line 2) denies: \`!\` denies.`);
      const other = await create(service, 'member,reader');
      expect(other.status).toBe(403);
      expect(await other.text()).not.toMatch(/denies|line 2/);
    } finally {
      await service.stop();
    }
  });
});

test('The audit file has who did what, nothing secret, and is opened anew after it was moved away', async () => {
  const file = join(folder, 'audit.log');
  const service = await startLucarne({
    config: `[lucarne]\naudit = true\naudit_file = ${file}\n[paste_deploy]\nflavor = pocket\n`,
  });
  const actions = async (path: string) => {
    const text = await readFile(path, 'utf8').catch(() => '');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { action: string }).action);
  };
  try {
    const client = await logIn(service);
    await client.create({ name: 'n' });
    await expect.poll(() => actions(file), { timeout: 60_000 }).toEqual(['create']);
    expect(await readFile(file, 'utf8')).not.toContain(client.token);
    await rename(file, `${file}.1`);
    service.process.kill('SIGHUP');
    await expect.poll(() => readFile(file, 'utf8').catch(() => null), { timeout: 60_000 }).toBe('');
    await fetch(`${service.url}/v2/images`, { headers: { 'x-auth-token': 'of-nobody' } });
    await expect.poll(() => actions(file), { timeout: 60_000 }).toEqual(['read/list']);
    expect(await readFile(file, 'utf8')).toMatch(/"outcome":"failure".*"reasonCode":"401"/);
    expect(await readFile(file, 'utf8')).not.toContain('of-nobody');
    expect(await actions(`${file}.1`)).toEqual(['create']);
  } finally {
    await service.stop();
  }
});

function create({ url }: RunningLucarne, roles = 'member,reader'): Promise<Response> {
  return fetch(`${url}/v2/images`, {
    method: 'POST',
    headers: { 'x-identity-status': 'Confirmed', 'x-user-id': 'u', 'x-project-id': 'p1', 'x-roles': roles },
    body: '{}',
  });
}

/** A caller with a token of the pocket identity. */
async function logIn(service: RunningLucarne) {
  const document = parse(await readFile(service.cloudsYaml, 'utf8')) as {
    readonly clouds: Readonly<Record<string, { readonly auth: Readonly<Record<string, string>> }>>;
  };
  const login = document.clouds['lucarne-demo']?.auth ?? {};
  const domain = { name: login['user_domain_name'] };
  const user = { name: login['username'], password: login['password'], domain };
  const auth = {
    identity: { methods: ['password'], password: { user } },
    scope: { project: { name: login['project_name'], domain } },
  };
  const answer = await fetch(`${login['auth_url']}/auth/tokens`, { method: 'POST', body: JSON.stringify({ auth }) });
  const token = answer.headers.get('x-subject-token') ?? '';
  return {
    token,
    async create(body: object): Promise<string> {
      const headers = { 'x-auth-token': token };
      const created = await fetch(`${service.url}/v2/images`, { method: 'POST', headers, body: JSON.stringify(body) });
      return ((await created.json()) as { readonly id: string }).id;
    },
  };
}
