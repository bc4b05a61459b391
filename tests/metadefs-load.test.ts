/**
 * Directories of metadata definitions: what operators load, export and remove, held against the loader of Debian's
 * Glance and against what the API then shows.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isLeftOut, requirePackages } from './support/debian-packages.ts';
import { startLucarne } from './support/running-server.ts';

interface CommandRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const wrapper = join(import.meta.dirname, '../lucarne');
const debianSet = '/etc/glance/metadefs';
let folder: string;
/** Of a configuration whose database is `ours.sqlite`, or `theirs.sqlite`. */
let configs: Readonly<Record<'ours' | 'theirs', string>>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lucarne-metadefs-'));
  configs = { ours: join(folder, 'ours.conf'), theirs: join(folder, 'theirs.conf') };
  for (const [name, file] of Object.entries(configs)) {
    const text = `[database]\nconnection = sqlite:///${folder}/${name}.sqlite\n[paste_deploy]\nflavor = trusted-auth\n`;
    await writeFile(file, text);
  }
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function lucarne(...args: readonly string[]): Promise<CommandRun> {
  const env = { ...process.env, LUCARNE_NODE: process.execPath };
  return new Promise((resolve) => {
    const child = execFile(wrapper, args, { cwd: folder, env }, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

function metadefs(...args: readonly string[]): Promise<CommandRun> {
  return lucarne('metadefs', ...args, '--config-file', configs.ours);
}

async function glanceLoads(path: string, ...flags: readonly string[]): Promise<void> {
  const command = ['--config-file', configs.theirs, 'db', 'load_metadefs', '--path', path, ...flags];
  await promisify(execFile)('/usr/bin/glance-manage', command, { maxBuffer: 16 * 1024 * 1024 });
}

async function writeSet(name: string, namespaces: Readonly<Record<string, unknown>>): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  for (const [file, content] of Object.entries(namespaces)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(join(path, `${file}.json`), text);
  }
  // Glance puts the names of files behind the path as it is.
  return `${path}/`;
}

/** Every definition of a database, free of numbers of rows and of times; a missing time of change counts. */
function definitionsIn(name: 'ours' | 'theirs') {
  const database = new DatabaseSync(join(folder, `${name}.sqlite`), { readOnly: true });
  const rows = (columns: string, tables: string): unknown[] =>
    database
      .prepare(`select ${columns} from ${tables} order by 1, 2`)
      .all()
      .map((row) => ({ ...row, ...('document' in row ? { document: JSON.parse(String(row['document'])) } : {}) }));
  const within = (table: string) => `${table} child join metadef_namespaces n on n.id = child.namespace_id`;
  const definitions = {
    namespaces: rows(
      'namespace, display_name, description, visibility, protected, owner, updated_at is null as unchanged',
      'metadef_namespaces',
    ),
    resourceTypes: rows('name, protected', 'metadef_resource_types'),
    associations: rows(
      'namespace, t.name, prefix, properties_target, child.updated_at is null as unchanged',
      `${within('metadef_namespace_resource_types')} join metadef_resource_types t on t.id = resource_type_id`,
    ),
    properties: rows(
      'namespace, name, json_schema as document, child.updated_at is null as unchanged',
      within('metadef_properties'),
    ),
    objects: rows(
      'namespace, name, child.description, required, json_schema as document, child.updated_at is null as unchanged',
      within('metadef_objects'),
    ),
    tags: rows('namespace, name', within('metadef_tags')),
  };
  database.close();
  return definitions;
}

function countsOf(definitions: Readonly<Record<string, readonly unknown[]>>): Record<string, number> {
  return Object.fromEntries(Object.entries(definitions).map(([kind, rows]) => [kind, rows.length]));
}

const first = {
  a: {
    namespace: 'A',
    display_name: 'Ä',
    visibility: 'public',
    owner: 'somebody',
    resource_type_associations: [{ name: 'T1', prefix: 'x_' }, { name: 'T2' }],
    properties: { p: { title: 'P', type: 'integer', default: 5, maximum: 1.5 }, left: { title: 'é', type: 'string' } },
    objects: [{ name: 'o', description: 'd', required: ['x'], properties: { q: { title: 'Q', type: 'string' } } }],
    tags: [{ name: 't' }, { name: 'left' }],
  },
};

const second = {
  a: {
    namespace: 'A',
    description: 'new',
    protected: true,
    resource_type_associations: [{ name: 'T1', prefix: 'y_', properties_target: 'image' }, { name: 'T3' }],
    properties: { p: { title: 'P2', type: 'string' }, added: { title: 'N', type: 'string' } },
    objects: [
      { name: 'o', properties: {} },
      { name: 'added', description: 'n', properties: {} },
    ],
    tags: [{ name: 't' }, { name: 'added' }],
  },
  b: { namespace: 'B' },
};

describe.skipIf(isLeftOut())('lucarne metadefs load stores what glance-manage stores', () => {
  beforeAll(async () => {
    await requirePackages(['glance-api']);
  });

  beforeEach(async () => {
    await lucarne('db', 'sync', '--config-file', configs.theirs);
  });

  test('of the definitions Debian ships, which the API then shows', async () => {
    const [loaded] = await Promise.all([metadefs('load', debianSet), glanceLoads(`${debianSet}/`)]);
    expect(loaded).toMatchObject({ status: 0, stderr: '' });
    const definitions = definitionsIn('ours');
    expect(definitions).toEqual(definitionsIn('theirs'));
    // Theirs through our API, too: whoever loaded them, they read alike.
    const shown = [];
    for (const name of ['ours', 'theirs'] as const) shown.push(await shownDefinitions(configs[name]));
    const [fromOurs = [], fromTheirs = []] = shown;
    expect(fromOurs).toEqual(fromTheirs);
    const counts = countsOf(definitions);
    expect(fromOurs).toHaveLength(counts['namespaces'] ?? 0);
    const sum = (member: 'properties' | 'objects' | 'resource_type_associations') =>
      fromOurs.reduce((total, namespace) => total + Object.keys(namespace[member] ?? []).length, 0);
    expect({
      properties: sum('properties'),
      objects: sum('objects'),
      associations: sum('resource_type_associations'),
    }).toEqual({
      properties: counts['properties'],
      objects: counts['objects'],
      associations: counts['associations'],
    });
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['without flags', [], []],
    ['--merge', ['--merge'], ['--merge']],
    ['--merge --prefer-new', ['--merge', '--prefer-new'], ['--merge', '--prefer_new']],
    ['--merge --overwrite', ['--merge', '--overwrite'], ['--merge', '--overwrite']],
  ])('over definitions that are there, %s', async (_, ours, theirs) => {
    const [before, after] = [await writeSet('first', first), await writeSet('second', second)];
    await Promise.all([metadefs('load', before), glanceLoads(before)]);
    const [loaded] = await Promise.all([metadefs('load', after, ...ours), glanceLoads(after, ...theirs)]);
    expect(loaded).toMatchObject({ status: 0, stderr: '' });
    expect(definitionsIn('ours')).toEqual(definitionsIn('theirs'));
  });
});

interface ShownNamespace {
  readonly namespace: string;
  readonly properties?: object;
  readonly objects?: readonly object[];
  readonly resource_type_associations?: readonly { readonly name: string }[];
}

/** Every namespace as the API shows it, by name, without times. */
async function shownDefinitions(configFile: string): Promise<readonly ShownNamespace[]> {
  const service = await startLucarne({ config: await readFile(configFile, 'utf8') });
  try {
    const headers = { 'x-identity-status': 'Confirmed', 'x-project-id': 'p', 'x-roles': 'admin' };
    const get = async <Document>(path: string): Promise<Document> => {
      const answer = await fetch(`${service.url}/v2/metadefs/namespaces${path}`, { headers });
      // The documents of the contract; anything else fails where it is used.
      return JSON.parse((await answer.text()).replaceAll(/"created_at": "[^"]*"/g, '"created_at": ""')) as Document;
    };
    const list = await get<{ namespaces: readonly ShownNamespace[] }>('?limit=1000&sort_key=namespace');
    const shown: ShownNamespace[] = [];
    for (const { namespace } of list.namespaces) {
      const one = await get<ShownNamespace>(`/${encodeURIComponent(namespace)}`);
      // Glance takes files as the folder has them, which decides the order of the types.
      const byName = (one.resource_type_associations ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      shown.push({ ...one, resource_type_associations: byName });
    }
    return shown;
  } finally {
    await service.stop();
  }
}

describe('lucarne metadefs', () => {
  test('exports what can be loaded again, after everything was unloaded', async () => {
    const path = await writeSet('set', {
      ...first,
      b: second.b,
      c: { ...second.a, namespace: 'C', display_name: 'Ä' },
    });
    expect(await metadefs('load', path)).toMatchObject({ status: 0, stdout: expect.stringContaining('3 created') });
    const before = definitionsIn('ours');
    const out = join(folder, 'out');
    expect(await metadefs('export', out)).toMatchObject({ status: 0, stderr: '' });
    expect((await readdir(out)).toSorted()).toEqual(['B.json', 'C.json', 'Ä.json']);
    expect(await metadefs('unload')).toMatchObject({ status: 0 });
    expect(Object.values(countsOf(definitionsIn('ours')))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await metadefs('load', out)).toMatchObject({ status: 0, stderr: '' });
    const after = definitionsIn('ours');
    // Owners are not exported.
    const owned = { ...before, namespaces: before.namespaces.map((row) => ({ ...(row as object), owner: 'admin' })) };
    expect(after).toEqual({
      ...owned,
      // What was not said is exported as it was read.
      namespaces: owned.namespaces.map((row) => ({
        ...row,
        visibility: 'visibility' in row ? (row.visibility ?? 'private') : null,
        protected: 'protected' in row ? (row.protected ?? 0) : null,
      })),
    });
  });

  test('loads what it can, tells of the rest, and ends with 1', async () => {
    const path = await writeSet('set', {
      a: '{',
      b: [],
      c: {},
      d: { namespace: 'D', tags: [{ name: 'x' }, { name: 'x' }] },
      e: second.b,
    });
    const run = await metadefs('load', path);
    expect(run.status).toBe(1);
    for (const name of ['a', 'b', 'c', 'd']) expect(run.stderr).toContain(join(path, `${name}.json`));
    expect(run.stdout).toContain('1 created, 4 failed');
    expect(definitionsIn('ours').namespaces).toMatchObject([{ namespace: 'B' }]);
  });

  test('loads a single file, and the configured folder when none is named', async () => {
    const path = await writeSet('set', first);
    expect(await metadefs('load', join(path, 'a.json'))).toMatchObject({ status: 0 });
    await writeFile(configs.ours, `[DEFAULT]\nmetadata_source_path = ${path}\n${await readFile(configs.ours, 'utf8')}`);
    expect(await metadefs('load')).toMatchObject({ status: 0, stdout: expect.stringContaining('1 skipped') });
  });

  test('does nothing when its flags contradict each other, or there is nothing to load: 1', async () => {
    const path = await writeSet('set', first);
    const empty = await writeSet('empty', {});
    for (const args of [
      ['--prefer-new', path],
      ['--overwrite', path],
      ['--merge', '--prefer-new', '--overwrite', path],
      [empty],
      [join(folder, 'none')],
    ]) {
      const run = await metadefs('load', ...args);
      expect([run.status, run.stderr]).toEqual([1, expect.stringMatching(/./)]);
    }
  });
});
