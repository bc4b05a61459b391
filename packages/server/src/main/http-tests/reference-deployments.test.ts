/**
 * Profiles make the service look like a deployment of which a reference document exists: the document is the test.
 * Source: contract 07 §6.
 */
import { imageStatuses, imageVisibilities } from '@lucarne/contract/image-attributes.ts';
import { apiProfiles } from '@lucarne/contract/profiles/api-profiles.ts';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleImage } from '../../domain/images/image-samples.testing.ts';
import type { Image } from '../../domain/images/image.ts';
import { absentId, createImage, patch, show } from './images.testing.ts';
import { curlRequestsOf, documentedHeader, jsonObjectsOf, referenceDocument } from './reference-documents.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';

type ProfileName = keyof typeof apiProfiles;
const profileNames = Object.keys(apiProfiles) as ProfileName[];

const services = new Map<ProfileName | 'current', RunningService>();
beforeAll(async () => {
  for (const name of [...profileNames, 'current'] as const) {
    services.set(name, await runService({ config: `[lucarne]\napi_profile = ${name}` }));
  }
});
afterAll(async () => {
  for (const service of services.values()) await service.close();
});

function serviceLike(name: ProfileName | 'current'): RunningService {
  const service = services.get(name);
  if (service === undefined) throw new Error(`No service looks like ${name}.`);
  return service;
}

function documentOf(name: 'conoha' | 'huawei' | 'mitaka'): Readonly<Record<string, unknown>> {
  const [document] = jsonObjectsOf(referenceDocument(name));
  if (document === undefined) throw new Error(`The document of ${name} shows no JSON.`);
  return document;
}

function idOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

describe('ConoHa, January 2015', () => {
  test('its call is answered as documented, in 3820 bytes', async () => {
    const text = referenceDocument('conoha');
    const [request] = curlRequestsOf(text);
    expect(request).toMatchObject({ method: 'GET', path: '/v2/schemas/images' });
    const answer = await serviceLike('conoha').send('GET /v2/schemas/images', { headers: request?.headers ?? {} });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe(documentedHeader(text, 'Content-Type'));
    expect(answer.headers['content-length']).toBe(documentedHeader(text, 'Content-Length'));
    expect(answer.bytes.byteLength).toBe(3820);
    expect(answer.text).toBe(JSON.stringify(documentOf('conoha')));
  });
});

describe('Huawei IMS, June 2024', () => {
  test('its call is answered as documented, with a type that JSON Schema does not have', async () => {
    const answer = await serviceLike('huawei').send('GET /v2/schemas/images');
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(JSON.stringify(documentOf('huawei')));
    expect(answer.text.replace('"String"', '"string"')).toBe(JSON.stringify(documentOf('conoha')));
  });

  test('it lists the statuses of the call that clients may meet', () => {
    const statuses = [...referenceDocument('huawei').matchAll(/^ +([45]\d\d) [A-Z]/gm)].map(([, status]) => status);
    expect(statuses).toEqual(['400', '401', '403', '404', '500', '503']);
  });

  test.each([
    ['a request with a body', 'GET /v2/schemas/images', { body: 'x' }, 400],
    ['a request without identity', 'GET /v2/schemas/images', { as: 'stranger' }, 401],
    ['another schema', 'GET /v2/schemas/pictures', {}, 404],
  ] as const)('%s is answered with one of them', async (_, request, options, status) => {
    expect((await serviceLike('huawei').send(request, options)).status).toBe(status);
  });

  test('properties of any name are text, as the type in lower case would say', async () => {
    const service = serviceLike('huawei');
    expect((await service.send('POST /v2/images', { json: { any: 'text' } })).status).toBe(201);
    expect((await service.send('POST /v2/images', { json: { any: 1 } })).status).toBe(400);
  });
});

describe('a deployment of about Mitaka', () => {
  test('its schema is sent as documented, with blanks behind commas and colons', async () => {
    const answer = await serviceLike('mitaka').send('GET /v2/schemas/images');
    expect(answer.json()).toEqual(documentOf('mitaka'));
    // The document has further blanks inside its braces and brackets.
    const text = referenceDocument('mitaka').trim();
    expect(answer.text).toBe(text.replaceAll(/([{[]) /g, '$1').replaceAll(/ ([}\]])/g, '$1'));
  });
});

describe('UStack', () => {
  const text = referenceDocument('ustack');
  const requests = curlRequestsOf(text);
  const [list, shown, patched] = text
    .split('HTTP/1.1 200')
    .slice(1)
    .map((part) => jsonObjectsOf(part)[0] ?? {});

  /** Members that the schema of the time has and the samples leave out. */
  const beyondSamples = { min_disk: 0, min_ram: 0 };
  /** The same for samples that do not show whether the image is protected. */
  const beyondActiveSamples = { ...beyondSamples, protected: false };

  function send(service: RunningService, index: number, imageId = '') {
    const request = requests[index];
    if (request === undefined) throw new Error(`The document has no request ${index}.`);
    const path = request.path.replace('{image_id}', imageId);
    return service.send(`${request.method} ${path}`, { as: 'admin', headers: request.headers, body: request.body });
  }

  /** The image of a sample, as it was stored. */
  function storedImage(sample: Readonly<Record<string, unknown>>): Image {
    const size = sample['size'];
    const checksum = sample['checksum'];
    return sampleImage({
      id: String(sample['id']),
      name: String(sample['name']),
      status: sample['status'] === 'active' ? 'active' : 'queued',
      visibility: sample['visibility'] === 'public' ? 'public' : 'private',
      owner: null,
      diskFormat: null,
      containerFormat: null,
      sizeBytes: typeof size === 'number' ? size : null,
      checksum: typeof checksum === 'string' ? checksum : null,
      tags: Array.isArray(sample['tags']) ? sample['tags'].map(String) : [],
      createdAt: new Date(String(sample['created_at'])),
      updatedAt: new Date(String(sample['updated_at'])),
    });
  }

  let service: RunningService;
  beforeAll(async () => void (service = await runService({ config: '[lucarne]\napi_profile = ustack' })));
  afterAll(() => service.close());

  test('it documents four calls', () => {
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v2/images',
      'GET /v2/images/{image_id}',
      'PATCH /v2/images/{image_id}',
      'DELETE /v2/images/{image_id}',
    ]);
  });

  test('its list shows the images and links of the sample, and no nulls', async () => {
    const samples = list?.['images'] as Readonly<Record<string, unknown>>[];
    for (const sample of samples) await service.parts.images.create(storedImage(sample));
    // The links speak of a third image, which the sample leaves out.
    const third = new URL(String(list?.['next']), 'http://x').searchParams.get('marker') ?? '';
    const older = { id: third, created_at: '2012-01-01T00:00:00Z' };
    await service.parts.images.create(storedImage({ ...samples[1], ...older }));

    const answer = await send(service, 0);
    expect([answer.status, (answer.json()['images'] as unknown[]).length]).toEqual([200, 3]);

    const page = (await service.send(`GET ${String(list?.['first'])}`, { as: 'admin' })).json();
    const images = page['images'] as Readonly<Record<string, unknown>>[];
    const known = images.filter((image) => image['id'] !== third);
    expect(known.toSorted(byId)).toEqual(
      samples
        .map((sample) => ({ ...sample, ...beyondActiveSamples, tags: expect.toSatisfy(sameSet(sample['tags'])) }))
        .toSorted(byId),
    );
    expect({ ...page, images: [] }).toEqual({ ...list, images: [] });
  });

  test('an image is shown as in the sample', async () => {
    const answer = await send(service, 1, String(shown?.['id']));
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      ...shown,
      ...beyondActiveSamples,
      tags: expect.toSatisfy(sameSet(shown?.['tags'])),
    });
  });

  test('its patch is taken as it is sent, and the property comes back under the name that was sent', async () => {
    await service.parts.images.create(storedImage(patched ?? {}));
    const answer = await send(service, 2, String(patched?.['id']));
    expect(answer.status).toBe(200);
    const { login_user: user, ...sample } = patched ?? {};
    expect(answer.json()).toEqual({
      ...sample,
      ...beyondSamples,
      // The sample writes login_user for what its own request calls login-user; names are kept as they are.
      'login-user': user,
      tags: expect.toSatisfy(sameSet(sample['tags'])),
      updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });

  test('an image is deleted as in the sample: 204', async () => {
    const documented = /HTTP\/1\.1 (204 No Content)/.exec(text)?.[1];
    const answer = await send(service, 3, String(patched?.['id']));
    expect(`${answer.status} ${answer.reason}`).toBe(documented);
    expect((await send(service, 1, String(patched?.['id']))).status).toBe(404);
  });
});

function byId(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): number {
  return String(one['id']).localeCompare(String(other['id']));
}

function sameSet(wanted: unknown): (tags: unknown) => boolean {
  return (tags) =>
    Array.isArray(wanted) &&
    Array.isArray(tags) &&
    JSON.stringify(wanted.toSorted()) === JSON.stringify(tags.toSorted());
}

describe('the versions of a profile', () => {
  test.each([
    ['mitaka', 'v2.3 v2.2 v2.1 v2.0', 'v2.4'],
    ['huawei', 'v2.2 v2.1 v2.0', 'v2.3'],
    ['conoha', 'v2.2 v2.1 v2.0', 'v2.3'],
    ['ustack', 'v2.1 v2.0', 'v2.2'],
  ] as const)('%s lists %s, newest as current, and does not know %s: 300', async (name, versions, newer) => {
    const service = serviceLike(name);
    const listed = (await service.send('GET /versions')).json()['versions'] as { id: string; status: string }[];
    const ids = versions.split(' ');
    expect(listed.map(({ id, status }) => [id, status])).toEqual(
      ids.map((id, index) => [id, index === 0 ? 'CURRENT' : 'SUPPORTED']),
    );
    for (const id of ['v2', ...ids]) expect((await service.send(`GET /${id}/images`)).status).toBe(200);
    expect((await service.send(`GET /${newer}/images`)).status).toBe(300);
  });
});

/** Schema documents as a validator can read them: type names in lower case. */
function readableSchema(text: string): object {
  return JSON.parse(text, (key, value: unknown) =>
    key === 'type' && typeof value === 'string' ? value.toLowerCase() : value,
  );
}

describe.each(profileNames)('under the profile %s', (name) => {
  test('the schema of one image is that of the items of a list', async () => {
    const one = await serviceLike(name).send('GET /v2/schemas/image');
    const many = (await serviceLike(name).send('GET /v2/schemas/images')).json();
    expect(many).toHaveProperty('properties.images.items', one.json());
  });

  test('every image that can be stored is shown as the published schema says', async () => {
    const service = await runService({ config: `show_image_direct_url = true\n[lucarne]\napi_profile = ${name}` });
    const images = variousImages();
    for (const image of images) await service.parts.images.create(image);
    const schema = readableSchema((await service.send('GET /v2/schemas/images')).text);
    const valid = new Ajv({ strict: false, allErrors: true }).compile(schema);
    const problems: unknown[] = [];
    for (const image of images) {
      const answer = await service.send(`GET /v2/images/${image.id}`, { as: 'admin' });
      if (answer.status === 404) continue;
      if (!valid({ images: [answer.json()] })) problems.push([answer.json(), valid.errors]);
    }
    const list = await service.send('GET /v2/images?limit=1000&visibility=private', { as: 'admin' });
    if (!valid(list.json())) problems.push(valid.errors);
    await service.close();
    expect(problems).toEqual([]);
  });

  test('no image has an attribute the deployment did not know', async () => {
    const service = serviceLike(name);
    const schema = (await service.send('GET /v2/schemas/image')).json()['properties'] as object;
    const image = await show(service, await createImage(service, { name: 'n' }));
    const unknown = Object.keys(image).filter((member) => !Object.hasOwn(schema, member));
    expect(unknown).toEqual([]);
  });

  test('the same is stored as without it', async () => {
    const stored = async (profile: typeof name | 'current') => {
      const service = serviceLike(profile);
      const id = await createImage(service, { name: 'n', tags: ['t'], a: 'b' });
      await patch(service, id, [{ op: 'replace', path: '/visibility', value: 'private' }]);
      await patch(service, id, [{ op: 'add', path: '/kernel_id', value: absentId }]);
      const image = await service.parts.images.show({ isAdmin: true, projectId: null }, id);
      return { ...image, id: '', createdAt: null, updatedAt: null };
    };
    expect(await stored(name)).toEqual(await stored('current'));
  });

  test('an image of the default visibility is stored as shared and shown as private', async () => {
    const service = serviceLike(name);
    const id = await createImage(service);
    const image = await service.parts.images.show({ isAdmin: true, projectId: null }, id);
    expect([image?.visibility, (await show(service, id))['visibility']]).toEqual(['shared', 'private']);
  });

  test.each([
    ['visibility', 'shared'],
    ['visibility', 'community'],
    ['container_format', 'compressed'],
    ['disk_format', 'unheard-of'],
    ['os_hidden', true],
  ])('%s cannot become %s: 400', async (attribute, value) => {
    const service = serviceLike(name);
    expect((await service.send('POST /v2/images', { json: { [attribute]: value } })).status).toBe(400);
    const id = await createImage(service);
    expect((await patch(service, id, [{ op: 'replace', path: `/${attribute}`, value }])).status).toBe(400);
  });

  test('a change that depends on the state of the image is made in the state the client was shown', async () => {
    const service = serviceLike(name);
    const id = await createImage(service, { name: 'n' });
    const tag = (await service.send(`GET /v2/images/${id}`)).headers.etag ?? '';
    const rename = [{ op: 'replace', path: '/name', value: 'm' }];
    expect((await patch(service, id, rename, { headers: { 'if-match': tag } })).status).toBe(200);
    expect((await patch(service, id, rename, { headers: { 'if-match': tag } })).status).toBe(412);
  });

  test('lists are asked for in its words', async () => {
    const service = await runService({ config: `[lucarne]\napi_profile = ${name}` });
    for (const [index, [status, visibility]] of listedStates.entries()) {
      await service.parts.images.create(
        sampleImage({ id: idOf(index), owner: 'p1', name: status, status, visibility }),
      );
    }
    await service.parts.images.create(sampleImage({ id: idOf(99), owner: 'p2', visibility: 'community' }));
    const listed = async (query: string) => {
      const answer = await service.send(`GET /v2/images?${query}`);
      if (answer.status !== 200) return answer.status;
      const names = (answer.json()['images'] as { name: string }[]).map((image) => image.name);
      return names.toSorted().join(' ');
    };
    const answers = {
      private: await listed('visibility=private'),
      public: await listed('visibility=public'),
      shared: await listed('visibility=shared'),
      all: await listed('visibility=all'),
      empty: await listed('visibility='),
      saving: await listed('status=saving'),
      queued: await listed('status=in:queued,killed'),
      uploading: await listed('status=uploading'),
      deactivated: await listed('status=deactivated'),
    };
    await service.close();
    expect(answers).toEqual({
      private: 'active deactivated importing queued saving uploading',
      public: 'active',
      shared: 400,
      all: 400,
      empty: '',
      saving: name === 'mitaka' ? 'saving uploading' : 'deactivated saving uploading',
      queued: 'importing queued',
      uploading: '',
      deactivated: name === 'mitaka' ? 'deactivated' : '',
    });
  });

  test('links of a list repeat what the client asked, in its words', async () => {
    const page = (await serviceLike(name).send('GET /v2/images?limit=1&visibility=private&status=queued')).json();
    expect(page['first']).toBe('/v2/images?limit=1&visibility=private&status=queued');
  });

  test('formats are those the deployment knew and the site allows', async () => {
    const service = await runService({
      config: `[image_format]\ndisk_formats = ploop,iso,raw\n[lucarne]\napi_profile = ${name}`,
    });
    const schema = (await service.send('GET /v2/schemas/image')).json();
    const refused = await service.send('POST /v2/images', { json: { disk_format: 'qcow2' } });
    await service.close();
    const known = name === 'mitaka' ? [null, 'raw', 'iso', 'ploop'] : ['raw', 'iso'];
    expect(schema).toHaveProperty('properties.disk_format.enum', known);
    expect(refused.status).toBe(400);
  });
});

const listedStates = [
  ['queued', 'shared'],
  ['saving', 'private'],
  ['uploading', 'shared'],
  ['importing', 'community'],
  ['active', 'private'],
  ['active', 'public'],
  ['deactivated', 'shared'],
] as const;

/** Every status, visibility and format, with and without what can be null. */
function variousImages(): readonly Image[] {
  const formats = ['raw', 'vhdx', 'ploop', 'qcow2', null];
  const containers = ['bare', 'docker', 'compressed', 'ova', null];
  const states = imageStatuses.flatMap((status) => imageVisibilities.map((visibility) => ({ status, visibility })));
  return states.map((state, index) => {
    const hasData = index % 2 === 0;
    return sampleImage({
      ...state,
      id: idOf(index),
      owner: index % 3 === 0 ? null : 'p1',
      name: index % 5 === 0 ? null : 'named',
      hidden: index % 7 === 0,
      diskFormat: formats[index % formats.length] ?? null,
      containerFormat: containers[(index + 1) % containers.length] ?? null,
      sizeBytes: hasData ? 10 : null,
      virtualSizeBytes: hasData ? 2n ** 40n : null,
      checksum: hasData ? 'c'.repeat(32) : null,
      hashAlgorithm: hasData ? 'sha512' : null,
      hashValue: hasData ? 'h'.repeat(128) : null,
      properties: new Map([
        ['kernel_id', index % 2 === 0 ? absentId : null],
        ['description', 'text'],
        ['__proto__', 'text'],
      ]),
      locations: hasData ? [{ url: `file:///nowhere/${idOf(index)}`, metadata: {} }] : [],
    });
  });
}

describe('without null', () => {
  test.each(['conoha', 'huawei', 'ustack'] as const)('%s neither shows nor takes null', async (name) => {
    const service = serviceLike(name);
    expect((await service.send('POST /v2/images', { json: { name: null } })).status).toBe(400);
    const id = String((await service.send('POST /v2/images', { json: {} })).json()['id']);
    const image = await show(service, id);
    expect(Object.entries(image).filter(([, value]) => value === null)).toEqual([]);
    expect(Object.keys(image)).not.toContain('name');
    expect((await patch(service, id, [{ op: 'replace', path: '/name', value: null }])).status).toBe(400);
  });

  test('mitaka shows and takes null', async () => {
    const service = serviceLike('mitaka');
    const answer = await service.send('POST /v2/images', { json: { name: null, kernel_id: null } });
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({ name: null, checksum: null, size: null, kernel_id: null });
  });

  test('read-only attributes say so in their description, in every document of the time', async () => {
    const member = (await serviceLike('conoha').send('GET /v2/schemas/member')).json();
    expect(member).toHaveProperty('properties.schema', { type: 'string', description: '(READ-ONLY)' });
    const task = (await serviceLike('conoha').send('GET /v2/schemas/task')).json();
    expect(task).toHaveProperty('properties.input.type', 'object');
    expect(JSON.stringify(task)).not.toMatch(/readOnly|"null"/);
  });
});
