/** Two nodes of one service: one database and one store, a staging area and an address for each. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runService } from './running-service.testing.ts';
import type { RunningService, RunOptions } from './running-service.testing.ts';

export interface TwoNodes {
  readonly first: RunningService;
  readonly second: RunningService;
  /** Files of a node's staging area are in `staging` of its folder. */
  readonly storeFolder: string;
  close(): Promise<void>;
}

export interface NodeOptions extends Pick<RunOptions, 'flavor' | 'config'> {
  /** What the nodes say their own URLs are; their addresses when left out. */
  readonly selfUrls?: readonly [string, string];
}

export async function runTwoNodes(options: NodeOptions = {}): Promise<TwoNodes> {
  const root = mkdtempSync(join(tmpdir(), 'lucarne-nodes-'));
  const storeFolder = join(root, 'images');
  const shared = { databaseFile: join(root, 'lucarne.sqlite'), storeFolder };
  const ports = [await freePort(), await freePort()] as const;

  async function runNode(index: 0 | 1): Promise<RunningService> {
    const port = ports[index];
    const selfUrl = options.selfUrls?.[index] ?? `http://127.0.0.1:${port}`;
    const config = `worker_self_reference_url = ${selfUrl}\n${options.config ?? ''}`;
    const folder = join(root, `node-${index}`);
    mkdirSync(folder);
    // The nodes know the same users, and the tokens of each other.
    const identity = join(root, 'node-0', 'identity');
    if (index === 1 && existsSync(identity)) cpSync(identity, join(folder, 'identity'), { recursive: true });
    return runService({ ...options, config, folder, shared, port });
  }

  const first = await runNode(0);
  const second = await runNode(1);
  return {
    first,
    second,
    storeFolder,
    async close() {
      await Promise.all([first.close(), second.close()]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A token of the first user of the pocket identity. */
export async function logIn(node: RunningService): Promise<string> {
  const clouds = readFileSync(join(node.folder, 'clouds.yaml'), 'utf8');
  const name = /username: (\S+)/.exec(clouds)?.[1];
  const password = /password: (\S+)/.exec(clouds)?.[1];
  const project = /project_name: (\S+)/.exec(clouds)?.[1];
  const domain = { id: 'default' };
  const identity = { methods: ['password'], password: { user: { name, domain, password } } };
  const json = { auth: { identity, scope: { project: { name: project, domain } } } };
  const answer = await node.send('POST /identity/v3/auth/tokens', { json, as: 'stranger' });
  if (answer.status !== 201) throw new Error(`Nobody was logged in: ${answer.status} ${answer.text}`);
  return String(answer.headers['x-subject-token']);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
