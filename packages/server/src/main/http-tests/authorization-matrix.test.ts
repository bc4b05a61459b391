/**
 * The authorization matrix: every operation × caller × ownership × visibility × membership (and for data: cached × range)
 * against a running service. What is expected stands in `expected-authorization.testing.ts`.
 */
import { imageVisibilities } from '@lucarne/contract/image-attributes.ts';
import type { MemberStatus } from '@lucarne/contract/image-attributes.ts';
import { operations } from '@lucarne/contract/operations.ts';
import type { OperationId } from '@lucarne/contract/operations.ts';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleImage } from '../../domain/images/image-samples.testing.ts';
import type { Image } from '../../domain/images/image.ts';
import { casesOf, rowProject } from './authorization-cases.testing.ts';
import type { ImageState, ImageSubject, MatrixCase, NamespaceSubject } from './authorization-cases.testing.ts';
import { expectationsOf } from './expected-authorization.testing.ts';
import type { Caller, Defaults, Possession, Role, Verdict } from './expected-authorization.testing.ts';
import { createActiveImage } from './images.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

const owner = 'owner-project';
const members: ReadonlyMap<string, MemberStatus> = new Map([
  [rowProject, 'accepted'],
  ['pending-project', 'pending'],
  ['rejected-project', 'rejected'],
]);
const projects = [owner, ...members.keys(), 'other-project', null];
const roleSets: readonly (readonly Role[])[] = [
  ['admin', 'member', 'reader'],
  ['member', 'reader'],
  ['member'],
  ['reader'],
  ['service'],
  [],
];

const callers: readonly Caller[] = [
  ...roleSets.flatMap((roles) => projects.map((project) => callerOf(roles, project))),
  callerOf(['admin', 'member', 'reader'], null, 'system'),
  callerOf(['reader'], null, 'system'),
  callerOf(['admin', 'member', 'reader'], null, 'domain'),
];

/** What a member project made of the offer matters in lists alone, so one caller asks for those that refused it. */
const askingCallers = callers.filter(({ project, roles }) => project !== 'rejected-project' || roles.size === 2);

/** Who asks for what: of images of nobody no project is told from another, and the former defaults tell few roles apart. */
function callersFor(defaults: Defaults, possession: Possession | null): readonly Caller[] {
  if (defaults === 'former') {
    return askingCallers.filter(({ roles }) => roles.has('admin') || roles.size === 0 || roles.size === 2);
  }
  if (possession === null || possession.owner !== null) return askingCallers;
  return askingCallers.filter(
    ({ project }) => project === null || project === rowProject || project === 'other-project',
  );
}

function callerOf(roles: readonly Role[], project: string | null, scope: Caller['scope'] = 'project'): Caller {
  const place = scope === 'project' ? (project ?? 'no project') : `the ${scope}`;
  return { name: `${roles.join('+') || 'no role'} in ${place}`, roles: new Set(roles), project, scope };
}

function identityOf({ roles, project, scope }: Caller): Readonly<Record<string, string>> {
  return {
    'x-identity-status': 'Confirmed',
    'x-user-id': 'somebody',
    ...(project === null ? {} : { 'x-project-id': project }),
    ...(roles.size === 0 ? {} : { 'x-roles': [...roles].join(',') }),
    ...(scope === 'system' ? { 'openstack-system-scope': 'all' } : {}),
    ...(scope === 'domain' ? { 'x-domain-id': 'default' } : {}),
  };
}

const operationIds: readonly OperationId[] = operations.map(({ id }) => id);

/** Images of nobody are not told apart by the former ownership checks. */
const imageOwners: Readonly<Record<Defaults, readonly (string | null)[]>> = { new: [owner, null], former: [owner] };

describe.each<Defaults>(['new', 'former'])('with the %s defaults', (defaults) => {
  const folder = mkdtempSync(join(tmpdir(), 'lucarne-matrix-'));
  let service: RunningService;
  let stored: Pick<Image, 'sizeBytes' | 'checksum' | 'hashAlgorithm' | 'hashValue' | 'locations'>;

  beforeAll(async () => {
    service = await runService({ config: configOf(folder, defaults), flavor: 'trusted-auth+caching' });
    const image = await service.parts.images.show({ isAdmin: true, projectId: null }, await createActiveImage(service));
    if (image === undefined) throw new Error('There is no image with data.');
    const { sizeBytes, checksum, hashAlgorithm, hashValue, locations } = image;
    stored = { sizeBytes, checksum, hashAlgorithm, hashValue, locations };
  });
  afterAll(async () => {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function prepareImage(possession: Possession, state: ImageState): Promise<ImageSubject> {
    const id = randomUUID();
    const status = state === 'cached' ? 'active' : state;
    const data = state === 'queued' ? {} : stored;
    await service.parts.images.create(sampleImage({ ...possession, ...data, id, status, tags: ['t'] }));
    for (const [project, decision] of members) {
      await service.parts.members.create(id, project, { at: new Date(), quota: -1 });
      await service.parts.members.update(id, project, { status: decision, at: new Date() });
    }
    if (state === 'cached') await service.send(`GET /v2/images/${id}/file`, { as: 'admin' });
    return { ...possession, members, id, deactivated: state === 'deactivated' };
  }

  async function prepareNamespace(possession: Possession): Promise<NamespaceSubject> {
    const name = randomUUID();
    const answer = await service.send('POST /v2/metadefs/namespaces', {
      as: 'admin',
      json: {
        ...possession,
        namespace: name,
        properties: { known: { type: 'string', title: 'Known' } },
        objects: [{ name: 'known' }],
        tags: [{ name: 'known' }],
        resource_type_associations: [{ name: 'OS::Known' }],
      },
    });
    if (answer.status !== 201) throw new Error(`No namespace was created: ${answer.status} ${answer.text}`);
    return { ...possession, name };
  }

  /** Every request of a case with the verdict expected of it. */
  async function requestsOf(matrixCase: MatrixCase): Promise<readonly MatrixRequest[]> {
    const expectations = expectationsOf(defaults);
    if (matrixCase.kind === 'plain') {
      return callersFor(defaults, null).map((caller) => ({
        caller,
        of: '',
        sent: matrixCase.request(caller),
        verdict: matrixCase.expected(expectations, caller),
      }));
    }
    const requests: MatrixRequest[] = [];
    for (const possession of possessionsOf(matrixCase.kind, defaults)) {
      const of = `of a ${possession.visibility} ${matrixCase.kind} of ${possession.owner ?? 'nobody'}`;
      if (matrixCase.kind === 'image') {
        const prepare = () => prepareImage(possession, matrixCase.state);
        const shared = await prepare();
        for (const caller of callersFor(defaults, possession)) {
          const verdict = matrixCase.expected(expectations, caller, shared);
          const subject = matrixCase.consumes && verdict === 'passes' ? await prepare() : shared;
          requests.push({ caller, of, sent: matrixCase.request(subject, caller), verdict });
        }
      } else {
        const shared = await prepareNamespace(possession);
        for (const caller of callersFor(defaults, possession)) {
          const verdict = matrixCase.expected(expectations, caller, shared);
          const subject = matrixCase.consumes && verdict === 'passes' ? await prepareNamespace(possession) : shared;
          requests.push({ caller, of, sent: matrixCase.request(subject), verdict });
        }
      }
    }
    return requests;
  }

  test.each(operationIds)(
    '%s lets through exactly those whom the contract lets through',
    async (operation) => {
      const differences: string[] = [];
      for (const matrixCase of casesOf(operation)) {
        const requests = await requestsOf(matrixCase);
        const verdicts = new Set(requests.map(({ verdict }) => verdict));
        expect(verdicts, 'A case that nobody passes proves nothing.').toContain('passes');
        for (const batch of batchesOf(requests)) {
          const answers = await Promise.all(
            batch.map(({ caller, sent: [request, options] }) =>
              service.send(request, {
                ...options,
                as: 'stranger',
                headers: { ...identityOf(caller), ...options?.headers },
              }),
            ),
          );
          for (const [index, { caller, of, verdict }] of batch.entries()) {
            const expected = verdict === 'passes' ? matrixCase.passes : verdict;
            const status = answers[index]?.status;
            if (status !== expected) {
              differences.push(`${matrixCase.title} ${of} by ${caller.name}: ${status}, not ${expected}`);
            }
          }
        }
      }
      expect(differences).toEqual([]);
    },
    60_000,
  );

  test('downloads of images in the cache are served from it, ranges too', async () => {
    const image = await prepareImage({ owner, visibility: 'public' }, 'cached');
    const hits = async () => {
      const cached = (await service.send('GET /v2/cache', { as: 'admin' })).json()['cached_images'];
      return (cached as { image_id: string; hits: number }[]).find(({ image_id: id }) => id === image.id)?.hits ?? null;
    };
    const before = await hits();
    const download = await service.send(`GET /v2/images/${image.id}/file`, { as: 'member' });
    await service.send(`GET /v2/images/${image.id}/file`, { as: 'member', headers: { range: 'bytes=0-3' } });
    await expect.poll(hits).toBe((before ?? 0) + 2);
    expect([before === null, download.status]).toEqual([false, 200]);
  });

  test('a list has exactly the images that the contract lists', async () => {
    const images: ImageSubject[] = [];
    for (const possession of possessionsOf('image', defaults)) images.push(await prepareImage(possession, 'queued'));
    const named = new Map(images.map(({ id, owner: project, visibility }) => [id, `${visibility} of ${project}`]));
    const expectations = expectationsOf(defaults);
    for (const caller of callers.filter((one) => expectations.plain(['get_images'], one) === 'passes')) {
      const answer = await service.send(`GET /v2/images?limit=1000&id=in:${[...named.keys()].join(',')}`, {
        as: 'stranger',
        headers: identityOf(caller),
      });
      const listed = (answer.json()['images'] as { id: string }[]).map(({ id }) => named.get(id));
      const expected = images.filter((image) => expectations.isListed(caller, image)).map(({ id }) => named.get(id));
      expect([caller.name, ...listed.toSorted()]).toEqual([caller.name, ...expected.toSorted()]);
    }
  });
});

interface MatrixRequest {
  readonly caller: Caller;
  /** What is acted upon, in words. */
  readonly of: string;
  readonly sent: ReturnType<MatrixCase['request']>;
  readonly verdict: Verdict;
}

function possessionsOf(kind: 'image' | 'namespace', defaults: Defaults): readonly Possession[] {
  if (kind === 'namespace') return (['public', 'private'] as const).map((visibility) => ({ owner, visibility }));
  return imageOwners[defaults].flatMap((project) =>
    imageVisibilities.map((visibility) => ({ owner: project, visibility })),
  );
}

function batchesOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const size = 32;
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** Several stores, one of them read-only, and a cache: what some operations need in order to be there. */
function configOf(folder: string, defaults: Defaults): string {
  return `
enabled_backends = fast:file, web:http
image_cache_dir = ${join(folder, 'cache')}
worker_self_reference_url = http://127.0.0.1
[oslo_policy]
enforce_new_defaults = ${defaults === 'new'}
[glance_store]
default_backend = fast
[fast]
filesystem_store_datadir = ${join(folder, 'fast')}
`;
}
