/** What an operator does with a service: looks after its database, stops it, starts it wrongly. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startLucarne } from './support/running-server.ts';

interface CommandRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const wrapper = join(import.meta.dirname, '../lucarne');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lucarne-operator-'));
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

async function writeConfig(text: string): Promise<string> {
  const file = join(folder, 'glance-api.conf');
  await writeFile(file, text);
  return file;
}

describe('lucarne db', () => {
  test('creates the schema on an empty database and says so: check 3, sync 0, version, check 0', async () => {
    const config = await writeConfig(`[database]\nconnection = sqlite:///${folder}/images.sqlite\n`);
    expect(await lucarne('db', 'check', '--config-file', config)).toMatchObject({ status: 3 });
    expect(await lucarne('db', 'sync', '--config-file', config)).toMatchObject({ status: 0 });
    expect(await lucarne('db', 'sync', '--config-file', config)).toMatchObject({ status: 0 });
    const version = await lucarne('db', 'version', '--config-file', config);
    expect(version).toMatchObject({ status: 0, stdout: '2024_1_contract01\n' });
    expect(await lucarne('db', 'check', '--config-file', config)).toMatchObject({ status: 0 });
  });

  test('leaves a database of something else alone: sync 1, check 5', async () => {
    const other = join(folder, 'other.sqlite');
    const database = new DatabaseSync(other);
    database.exec('create table somebody_elses (id integer)');
    database.close();
    const config = await writeConfig(`[database]\nconnection = sqlite:///${other}\n`);
    const sync = await lucarne('db', 'sync', '--config-file', config);
    expect(sync.status).toBe(1);
    expect(sync.stderr).toContain('2024_1_contract01');
    expect(await lucarne('db', 'check', '--config-file', config)).toMatchObject({ status: 5 });
  });
});

describe('lucarne serve', () => {
  test('refuses to start with all that is wrong in the configuration, by file and line', async () => {
    const config = await writeConfig(
      '[DEFAULT]\nimage_size_cap = many\nlimit_param_default = 0\n[paste_deploy]\nflavor = keystone\n',
    );
    const run = await lucarne('serve', '--config-file', config);
    expect(run.status).toBe(1);
    for (const place of [`${config}:2`, `${config}:3`, `${config}:5`]) expect(run.stderr).toContain(place);
  });

  test('refuses to start with a policy file that is no YAML, and names it', async () => {
    await writeFile(join(folder, 'policy.yaml'), 'get_image: [');
    const config = await writeConfig('[paste_deploy]\nflavor = trusted-auth\n');
    const run = await lucarne('serve', '--port', '0', '--config-file', config);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain(join(folder, 'policy.yaml'));
  });

  test('refuses a port that is taken, names it, and keeps the first passwords for the next start', async () => {
    const service = await startLucarne();
    try {
      const run = await lucarne('serve', '--port', new URL(service.url).port);
      expect(run.status).toBe(1);
      expect(run.stderr).toContain('EADDRINUSE');
      expect(await readFile(join(folder, 'lucarne-data/clouds.yaml'), 'utf8')).toContain('password');
    } finally {
      await service.stop();
    }
  });

  test('finishes the upload under way when it is told to stop, takes no new connection, and ends with 0', async () => {
    const service = await startLucarne({ config: '[paste_deploy]\nflavor = trusted-auth\n' });
    try {
      const caller = { 'x-identity-status': 'Confirmed', 'x-project-id': 'p', 'x-roles': 'member,reader' };
      const created = await fetch(`${service.url}/v2/images`, {
        method: 'POST',
        headers: { ...caller, connection: 'close' },
        body: JSON.stringify({ disk_format: 'raw', container_format: 'bare' }),
      });
      const { id } = (await created.json()) as { id: string };
      const upload = request(`${service.url}/v2/images/${id}/file`, {
        method: 'PUT',
        headers: { ...caller, 'content-type': 'application/octet-stream', 'content-length': 6 },
      });
      upload.write('one');
      await pause(200);
      const ended = once(service.process, 'exit');
      service.process.kill('SIGTERM');
      await pause(200);
      await expect(fetch(`${service.url}/healthcheck`)).rejects.toThrow();
      const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
      upload.end('two');
      const [answer] = await answered;
      expect(answer.statusCode).toBe(204);
      expect(await ended).toEqual([0, null]);
    } finally {
      await service.stop();
    }
  });
});

describe('a service in trouble', () => {
  test('keeps answering when its log cannot be written', async () => {
    const service = await startLucarne({ config: '[DEFAULT]\nlog_file = /dev/full\n' });
    try {
      for (let count = 0; count < 500; count += 1) {
        const answer = await fetch(`${service.url}/v2/images`);
        expect(answer.status).toBe(401);
        await answer.text();
      }
      expect(service.logs()).toContain('The log cannot be written');
    } finally {
      await service.stop();
    }
  });
});
