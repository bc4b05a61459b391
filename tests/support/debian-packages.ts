/**
 * Programs that tests need from outside npm: clients, image tools, a real Glance, a browser.
 *
 * They come from Debian. As root on Debian they are installed when missing; elsewhere a test that needs them fails and says
 * what to install, unless the caller left such tests out by name (`./lucarne test --without real-servers`). A test never
 * disappears silently.
 */
import { execFile } from 'node:child_process';
import { access, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

export const packageGroups = {
  /** What operators type, and what makes and reads images of every format. */
  clients: ['python3-openstackclient', 'python3-glanceclient', 'qemu-utils', 'grub-rescue-pc', 'memtest86+'],
  /** What packs images in the tests, and what unpacks them in the service. */
  archives: ['lhasa', 'xz-utils', 'bzip2', 'python3-minimal'],
  /** A real Glance to compare with, and one process that speaks to both. */
  glance: ['glance-api', 'python3-openstacksdk'],
  /** A real Keystone, and the server it keeps tokens in. */
  keystone: ['keystone', 'uwsgi-core', 'uwsgi-plugin-python3', 'memcached'],
  /** A real message bus, and a consumer that is not ours. */
  messageBus: ['rabbitmq-server', 'python3-pika'],
  /** What web pages that use the client run in. */
  browser: ['chromium'],
} as const;

const run = promisify(execFile);
const toolFolder = join(import.meta.dirname, '../../.tool');
const updateStamp = join(toolFolder, 'apt-updated');
const dayMilliseconds = 24 * 60 * 60 * 1000;
const policyFile = '/usr/sbin/policy-rc.d';
const policyBackup = `${policyFile}.before-lucarne-tests`;
const policyMark = '# Put here by the tests of Lucarne while they install packages.';

/**
 * True when the packages are there, after installing what is missing as root on Debian. False only when the caller left
 * real servers out by name. Throws what to install otherwise.
 */
export async function requirePackages(packages: readonly string[]): Promise<boolean> {
  if (isLeftOut()) return false;
  const missing = await findMissing(packages);
  if (missing.length === 0) return true;
  if (!(await canInstall())) throw new Error(describeMissing(missing));
  await installPackages(missing);
  const stillMissing = await findMissing(packages);
  if (stillMissing.length > 0) throw new Error(describeMissing(stillMissing));
  return true;
}

export function isLeftOut(): boolean {
  return (process.env['LUCARNE_WITHOUT'] ?? '').split(',').includes('real-servers');
}

function describeMissing(missing: readonly string[]): string {
  return (
    `These tests need ${missing.join(', ')}. On Debian: apt-get install ${missing.join(' ')} ` +
    '(as root the tests do it themselves). To leave out what needs them: ./lucarne test --without real-servers'
  );
}

/** Those that dpkg does not list as installed; all of them where there is no dpkg. */
async function findMissing(packages: readonly string[]): Promise<string[]> {
  const format = '--showformat=${binary:Package} ${db:Status-Status}\\n';
  // It fails when it does not know one of them, and still lists the others.
  const listed = await run('dpkg-query', ['--show', format, ...packages]).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? '',
  }));
  const lines = listed.stdout.split('\n').map((line) => line.replace(/:\S+ /, ' '));
  return packages.filter((name) => !lines.includes(`${name} installed`));
}

export async function canInstall(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  return access('/etc/debian_version').then(
    () => true,
    () => false,
  );
}

/**
 * Installs without letting a server package start its daemon: Glance's would listen on every address. What was at
 * policy-rc.d before is put back, also after a run that was killed.
 */
async function installPackages(packages: readonly string[]): Promise<void> {
  await updateListsOncePerDay();
  const listeningBefore = await listeningPorts();
  await forbidDaemons();
  try {
    await aptGet(['install', '-y', '--no-install-recommends', ...packages]);
  } finally {
    await allowDaemons();
  }
  const glancePort = 9292;
  if (!listeningBefore.has(glancePort) && (await listeningPorts()).has(glancePort)) {
    throw new Error(`Installing ${packages.join(' ')} left a server listening on port ${glancePort}: stop it first.`);
  }
}

async function aptGet(args: readonly string[]): Promise<void> {
  const env = { ...process.env, RUNLEVEL: '1', DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, maxBuffer: 64 * 1024 * 1024 };
  await run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], options).catch(
    (error: Error & { stderr?: string }) => {
      throw new Error(`apt-get ${args.join(' ')} failed:\n${error.stderr ?? error.message}`, { cause: error });
    },
  );
}

async function updateListsOncePerDay(): Promise<void> {
  const updatedAt = await stat(updateStamp).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  if (Date.now() - updatedAt < dayMilliseconds) return;
  await aptGet(['update']);
  await mkdir(toolFolder, { recursive: true });
  await writeFile(updateStamp, '');
}

async function forbidDaemons(): Promise<void> {
  const present = await readFile(policyFile, 'utf8').catch(() => null);
  // One of ours is left of a run that was killed; what was there before it is in the backup already.
  if (present !== null && !present.includes(policyMark)) await rename(policyFile, policyBackup);
  await writeFile(policyFile, `#!/bin/sh\n${policyMark}\nexit 101\n`, { mode: 0o755 });
}

async function allowDaemons(): Promise<void> {
  await rm(policyFile, { force: true });
  await rename(policyBackup, policyFile).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

async function listeningPorts(): Promise<Set<number>> {
  const listening = '0A';
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  const ports = new Set<number>();
  for (const line of tables.join('\n').split('\n')) {
    const [, local, , state] = line.trim().split(/\s+/);
    if (state === listening) ports.add(Number.parseInt(local?.split(':').at(-1) ?? '', 16));
  }
  return ports;
}
