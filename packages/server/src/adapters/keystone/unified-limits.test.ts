import { describe, expect, test } from 'vitest';
import { ImageServiceError } from '../../domain/errors.ts';
import { startFakeClock } from '../../ports/fake-clock.testing.ts';
import { keystoneUnavailable } from './keystone-failures.ts';
import type { KeystoneCall } from './service-session.ts';
import { openUnifiedLimits } from './unified-limits.ts';
import type { LimitedEndpoint } from './unified-limits.ts';

type Answers = Record<string, { readonly status?: number; readonly body: unknown } | Error>;

const registered = (resource: string, limit: number) => ({ resource_name: resource, default_limit: limit });
const own = (resource: string, limit: number) => ({ resource_name: resource, resource_limit: limit });

const good: Answers = {
  '/limits/model': { body: { model: { name: 'flat', description: '' } } },
  '/endpoints/e1': { body: { endpoint: { id: 'e1', service_id: 's1', region_id: 'r1' } } },
  '/services?type=image&name=glance': { body: { services: [{ id: 's1' }] } },
  '/regions/r1': { body: { region: { id: 'r1' } } },
  '/endpoints?service_id=s1&region_id=r1&interface=public': {
    body: { endpoints: [{ id: 'e1', service_id: 's1', region_id: 'r1' }] },
  },
  '/registered_limits?service_id=s1&region_id=r1': {
    body: { registered_limits: [registered('image_size_total', 10), registered('image_count_total', -1)] },
  },
  '/limits?service_id=s1&region_id=r1&project_id=p1': { body: { limits: [own('image_size_total', 20)] } },
  '/limits?service_id=s1&region_id=r1&project_id=p2': { body: { limits: [] } },
};

function open(answers: Answers = {}, endpoint: LimitedEndpoint = { id: 'e1' }) {
  const all = { ...good, ...answers };
  const calls: string[] = [];
  const clock = startFakeClock();
  async function send({ path, query = [] }: KeystoneCall) {
    const call = query.length === 0 ? path : `${path}?${query.map((pair) => pair.join('=')).join('&')}`;
    calls.push(call);
    await Promise.resolve();
    const answer = all[call] ?? { status: 404, body: {} };
    if (answer instanceof Error) throw answer;
    return { status: answer.status ?? 200, body: answer.body };
  }
  const limits = openUnifiedLimits({ session: { send }, endpoint, clock, patienceSeconds: 10 });
  return { limits, calls, clock, all };
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (raised: unknown) => raised,
  );
  return error instanceof ImageServiceError ? `${error.code}: ${String(error.cause)}` : String(error);
}

describe('unified limits', () => {
  test('are those of the project, else the registered ones, else 0', async () => {
    const { limits } = open();
    const common = { image_stage_total: 0, image_count_total: -1, image_count_uploading: 0 };
    expect(await limits.show('p1')).toEqual({ ...common, image_size_total: 20 });
    expect(await limits.show('p2')).toEqual({ ...common, image_size_total: 10 });
    expect(await limits.show(null)).toEqual({ ...common, image_size_total: 10 });
  });

  test('are found by what the service is called, once for the life of the process', async () => {
    const endpoint = { serviceName: 'glance', serviceType: 'image', region: 'r1', interface: 'public' };
    const { limits, calls, clock } = open({}, endpoint);
    await limits.show('p1');
    await clock.advance(60);
    await limits.show('p1');
    expect((await limits.show('p2')).image_size_total).toBe(10);
    expect(calls.filter((call) => call.startsWith('/services') || call.startsWith('/endpoints'))).toHaveLength(2);
  });

  test('are asked for without a region where the endpoint has none', async () => {
    const { limits, calls } = open({
      '/endpoints/e1': { body: { endpoint: { service_id: 's1', region_id: null } } },
      '/registered_limits?service_id=s1': { body: { registered_limits: [registered('image_size_total', 3)] } },
    });
    expect((await limits.show(null)).image_size_total).toBe(3);
    expect(calls).toContain('/registered_limits?service_id=s1');
  });

  test('are asked for once by all who ask at the same time, and again within a second', async () => {
    const { limits, calls, clock, all } = open();
    await Promise.all(Array.from({ length: 20 }, () => limits.show('p1')));
    expect(calls.toSorted()).toEqual([
      '/endpoints/e1',
      '/limits/model',
      '/limits?service_id=s1&region_id=r1&project_id=p1',
      '/registered_limits?service_id=s1&region_id=r1',
    ]);
    all['/limits?service_id=s1&region_id=r1&project_id=p1'] = { body: { limits: [own('image_size_total', 5)] } };
    await clock.advance(0.5);
    expect((await limits.show('p1')).image_size_total).toBe(20);
    await clock.advance(0.5);
    expect((await limits.show('p1')).image_size_total).toBe(5);
    // A clock that is set back makes nothing young again.
    all['/limits?service_id=s1&region_id=r1&project_id=p1'] = { body: { limits: [own('image_size_total', 6)] } };
    await clock.advance(-3600);
    expect((await limits.show('p1')).image_size_total).toBe(6);
  });

  test.each<[string, Answers, LimitedEndpoint | undefined, RegExp]>([
    [
      'another model',
      { '/limits/model': { body: { model: { name: 'strict_two_level' } } } },
      undefined,
      /strict_two_level/,
    ],
    ['no model', { '/limits/model': { status: 404, body: {} } }, undefined, /limits\/model with 404/],
    ['an endpoint that is not there', {}, { id: 'e2' }, /endpoints\/e2 with 404/],
    [
      'two services of that name',
      { '/services?type=image&name=glance': { body: { services: [{ id: 's1' }, { id: 's2' }] } } },
      { serviceName: 'glance', serviceType: 'image', region: null, interface: 'public' },
      /of the services of Keystone, 2 /,
    ],
    [
      'a region that is not there',
      { '/regions/r1': { status: 404, body: {} } },
      { serviceName: 'glance', serviceType: 'image', region: 'r1', interface: 'public' },
      /regions\/r1 with 404/,
    ],
    [
      'no right to see them',
      { '/limits?service_id=s1&region_id=r1&project_id=p1': { status: 403, body: {} } },
      undefined,
      /403/,
    ],
    [
      'an answer that is none',
      { '/registered_limits?service_id=s1&region_id=r1': { body: 'hello' } },
      undefined,
      /without/,
    ],
    [
      'limits that are none',
      {
        '/limits?service_id=s1&region_id=r1&project_id=p1': {
          body: { limits: [{ resource_name: 'image_size_total' }] },
        },
      },
      undefined,
      /limits that are none/,
    ],
  ])('that cannot be used are an error, and never no limit: %s', async (_, answers, endpoint, reason) => {
    const { limits } = open(answers, endpoint);
    const failure = await reasonOf(limits.show('p1'));
    expect(failure).toMatch(/^internal: /);
    expect(failure).toMatch(reason);
  });

  test('are back as soon as Keystone is', async () => {
    const { limits, all } = open({ '/limits/model': keystoneUnavailable(new Error('away')) });
    expect(await reasonOf(limits.show('p1'))).toMatch(/^unavailable: /);
    all['/limits/model'] = { body: { model: { name: 'flat' } } };
    expect((await limits.show('p1')).image_size_total).toBe(20);
  });
});
