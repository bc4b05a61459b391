/**
 * For tests: a pocket identity service on a temporary folder, a clock to turn, and a short way to call it.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openPocketIdentity } from './pocket-identity.ts';
import type { PocketIdentity } from './pocket-identity.ts';

/** Written by hand as a user might: plain passwords, no ids, no signing key. */
export const handWrittenIdentity = `\
version: 1
domains:
  - { id: other, name: Other }
projects:
  - name: admin
  - name: demo # the demo project
  - { name: closed, enabled: false }
  - { name: demo, domain: other, id: other-demo }
users:
  - name: admin
    password: "admin password"
    roles:
      - { project: admin, roles: [admin] }
      - { system: all, roles: [admin] }
  # somebody ordinary
  - name: demo
    password: "demo password"
    roles:
      - { project: demo, roles: [member] }
      - { project: closed, roles: [member] }
      - { domain: other, roles: [reader] }
  - name: glance
    password: "glance password"
    roles: [{ project: admin, roles: [service] }]
  - { name: gone, password: "gone password", enabled: false, roles: [{ project: demo, roles: [member] }] }
`;

export interface TestAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
  /** The parsed body, null when there is none. */
  readonly body: unknown;
}

export interface TestRequest {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface TestIdentity {
  readonly directory: string;
  readonly path: string;
  readonly problems: string[];
  identity: PocketIdentity;
  /** Moves the clock on. */
  advance(seconds: number): void;
  reopen(): Promise<void>;
  call(method: string, target: string, request?: TestRequest): Promise<TestAnswer>;
  login(user: string, scope?: unknown): Promise<string>;
}

export function passwordLogin(name: string, password: string, scope?: unknown): unknown {
  const user = { name, domain: { id: 'default' }, password };
  return {
    auth: { identity: { methods: ['password'], password: { user } }, ...(scope === undefined ? {} : { scope }) },
  };
}

/** The text at a path of a parsed body, such as `textAt(body, 'project', 'id')`. */
export function textAt(body: unknown, ...path: (string | number)[]): string {
  const value = path.reduce<unknown>((at, key) => (at instanceof Object ? Reflect.get(at, key) : undefined), body);
  if (typeof value !== 'string') throw new Error(`no text at ${path.join('.')} of ${JSON.stringify(body)}`);
  return value;
}

export function projectScope(name: string): unknown {
  return { project: { name, domain: { name: 'Default' } } };
}

/** `content` null: nothing there yet, as at the first start. */
export async function openTestIdentity(content: string | null = handWrittenIdentity): Promise<TestIdentity> {
  const directory = await mkdtemp(join(tmpdir(), 'identity-lite-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'identity.yaml');
  if (content !== null) await writeFile(path, content, { mode: 0o600 });
  let timeMs = Date.parse('2030-01-01T00:00:00Z');
  const problems: string[] = [];
  const open = () =>
    openPocketIdentity({ directory, now: () => new Date(timeMs), report: (problem) => problems.push(problem) });
  const test: TestIdentity = {
    directory,
    path,
    problems,
    identity: await open(),
    advance: (seconds) => void (timeMs += seconds * 1000),
    reopen: async () => void (test.identity = await open()),
    call: (method, target, request = {}) => callIdentity(test.identity, { method, target, ...request }),
    login: async (user, scope = projectScope(user)) => {
      const answer = await test.call('POST', '/v3/auth/tokens', {
        body: passwordLogin(user, `${user} password`, scope),
      });
      return answer.headers['X-Subject-Token'] ?? '';
    },
  };
  return test;
}

async function callIdentity(
  identity: PocketIdentity,
  request: TestRequest & { method: string; target: string },
): Promise<TestAnswer> {
  const [path = '', query = ''] = request.target.split('?');
  const bytes = new TextEncoder().encode(
    typeof request.body === 'string' ? request.body : JSON.stringify(request.body),
  );
  const answer = await identity.handle({
    method: request.method,
    path,
    query,
    headers: { ...(request.token === undefined ? {} : { 'x-auth-token': request.token }), ...request.headers },
    body: () => Promise.resolve(bytes),
    baseUrl: 'http://127.0.0.1:9292',
    mountPath: '/identity',
  });
  const isJson = answer.headers['Content-Type'] === 'application/json' && answer.body !== '';
  return {
    status: answer.status,
    headers: answer.headers,
    text: answer.body,
    body: isJson ? JSON.parse(answer.body) : null,
  };
}
