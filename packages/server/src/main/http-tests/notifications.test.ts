/** Which notifications operations send, in which order, and what they say. Source: contract 13 A2–A4, 09. */
import { rmSync } from 'node:fs';
import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cachedIds } from './cache.testing.ts';
import { identityHeaders } from './http-client.testing.ts';
import type { Persona } from './http-client.testing.ts';
import { absentId, createActiveImage, createImage, deactivate, patch, upload } from './images.testing.ts';
import { filledNamespace, namespacesPath } from './metadefs.testing.ts';
import { toldInTheLog, toldSending, toldWhile } from './notifications.testing.ts';
import type { ToldEvent } from './notifications.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';
import { runWithSeveralStores, serveWeb, settled } from './several-stores.testing.ts';
import type { SeveralStores, TestWebServer } from './several-stores.testing.ts';

/** On a machine that has much else to do. */
const patience = 60_000;

const octets = { 'content-type': 'application/octet-stream' };

/** `image.update active`, or the type alone where the payload has no status. */
function words(events: readonly ToldEvent[]): readonly string[] {
  return events.map(({ type, priority, payload }) => {
    const { status } = payload;
    const level = priority === 'INFO' ? '' : ` ${priority}`;
    return `${type}${level}${typeof status === 'string' ? ` ${status}` : ''}`;
  });
}

describe('a service with one store', { timeout: patience }, () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await runService({ config: `node_staging_uri = file:///nowhere\n${toldInTheLog}` });
  });
  afterAll(() => service.close());

  function told(act: () => Promise<unknown>): Promise<readonly ToldEvent[]> {
    return toldWhile(service, act);
  }

  test('tells of the life of an image', async () => {
    let id = '';
    const events = await told(async () => {
      id = await createImage(service, { name: 'vm', hw_bus: 'scsi', tags: ['one'] });
      await upload(service, id, 'ten bytes!');
      await patch(service, id, [{ op: 'add', path: '/os', value: 'plan9' }]);
      await service.send(`PUT /v2/images/${id}/tags/two`);
      await service.send(`PUT /v2/images/${id}/tags/two`);
      await service.send(`DELETE /v2/images/${id}/tags/two`);
      await deactivate(service, id);
      await service.send(`POST /v2/images/${id}/actions/reactivate`);
      await service.send(`GET /v2/images/${id}/file`);
      await toldSending(service, id, 1);
      await service.send(`DELETE /v2/images/${id}`);
    });
    expect(words(events)).toEqual([
      'image.create queued',
      'image.update saving',
      'image.prepare saving',
      'image.upload active',
      'image.activate active',
      'image.update active',
      'image.update active',
      'image.update active',
      'image.update active',
      'image.update active',
      'image.update deactivated',
      'image.update active',
      'image.send',
      'image.delete deleted',
    ]);
    for (const { payload } of events) expect(payload['id'] ?? payload['image_id']).toBe(id);
    expect(events[3]?.payload).toMatchObject({
      size: 10,
      checksum: expect.stringMatching(/^[0-9a-f]{32}$/),
      os_glance_importing_to_stores: [],
      os_glance_failed_import: [],
    });
    expect(events[2]?.payload).toMatchObject({ backend: null, size: null });
    expect(events.at(-2)?.payload).toEqual({
      bytes_sent: 10,
      image_id: id,
      owner_id: 'p1',
      receiver_tenant_id: 'p1',
      receiver_user_id: 'alice',
    });
  });

  test('describes an image with all its properties, and neither locations nor hashes', async () => {
    const [created, deleted] = await told(async () => {
      const id = await createImage(
        service,
        { name: 'vm', hw_bus: 'scsi', tags: ['one'], visibility: 'public' },
        'admin',
      );
      await service.send(`DELETE /v2/images/${id}`, { as: 'admin' });
    });
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as unknown;
    expect(created?.payload).toEqual({
      id: expect.any(String) as unknown,
      name: 'vm',
      status: 'queued',
      created_at: time,
      updated_at: time,
      min_disk: 0,
      min_ram: 0,
      protected: false,
      checksum: null,
      owner: 'admin-project',
      disk_format: 'raw',
      container_format: 'bare',
      size: null,
      virtual_size: null,
      is_public: true,
      visibility: 'public',
      properties: { hw_bus: 'scsi' },
      tags: ['one'],
      deleted: false,
      deleted_at: null,
    });
    expect(deleted?.payload).toEqual({
      ...created?.payload,
      status: 'deleted',
      updated_at: time,
      deleted: true,
      deleted_at: time,
    });
    expect(JSON.parse(created?.message ?? '')).toMatchObject({
      message_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as unknown,
      publisher_id: 'image.localhost',
      event_type: 'image.create',
      priority: 'INFO',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/) as unknown,
      _unique_id: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
    });
  });

  test('tells of an upload that fails, with the reason', async () => {
    const id = await createImage(service, { disk_format: 'qcow2' });
    const events = await told(async () => {
      expect((await upload(service, id, 'this is no disk image')).status).toBe(415);
    });
    expect(words(events)).toEqual([
      'image.update saving',
      'image.prepare saving',
      'image.upload ERROR',
      'image.update queued',
    ]);
    expect(events[2]?.payload['text']).toContain(id);
  });

  test('tells nothing of what does not happen', async () => {
    const id = await createActiveImage(service, { protected: true });
    const events = await told(async () => {
      const answers = [
        await service.send('POST /v2/images', { json: { disk_format: 'none such' } }),
        await service.send('POST /v2/images', { json: { id } }),
        await patch(service, id, [{ op: 'replace', path: '/owner', value: 'p2' }]),
        await patch(service, id, []),
        await upload(service, id, 'again'),
        await service.send(`DELETE /v2/images/${id}`),
        await service.send(`DELETE /v2/images/${absentId}`),
        await service.send(`PUT /v2/images/${id}/tags/${'x'.repeat(256)}`),
        await service.send(`DELETE /v2/images/${id}/tags/none`),
        await service.send(`DELETE /v2/images/${id}/members/p2`),
        await service.send(`GET /v2/images/${id}/file`, { headers: { range: 'bytes=50-60' } }),
        await service.send(`POST /v2/images/${id}/actions/deactivate`, { as: 'otherMember' }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([400, 409, 403, 200, 409, 403, 404, 400, 404, 404, 416, 404]);
    });
    expect(words(events)).toEqual([]);
  });

  test('tells of a range of the data, and nothing when the client asks for no data', async () => {
    const id = await createActiveImage(service);
    const events = await told(async () => {
      await service.send(`HEAD /v2/images/${id}/file`);
      await service.send(`GET /v2/images/${id}/file`, { headers: { range: 'bytes=2-4' } });
      await toldSending(service, id, 1);
    });
    expect(events.map(({ priority, payload }) => [priority, payload['bytes_sent']])).toEqual([['INFO', 3]]);
  });

  test('tells of members', async () => {
    const id = await createActiveImage(service, { visibility: 'shared' });
    const events = await told(async () => {
      await service.send(`POST /v2/images/${id}/members`, { json: { member: 'p2' } });
      await service.send(`PUT /v2/images/${id}/members/p2`, { as: 'otherMember', json: { status: 'accepted' } });
      await service.send(`DELETE /v2/images/${id}/members/p2`);
    });
    expect(words(events)).toEqual([
      'image.member.create pending',
      'image.member.update accepted',
      'image.member.delete accepted',
    ]);
    expect(events.map(({ payload }) => payload['deleted'])).toEqual([false, false, true]);
    expect(events[0]?.payload).toMatchObject({ image_id: id, member_id: 'p2', deleted_at: null });
  });

  test('tells of a namespace and everything in it, one after the other', async () => {
    const events = await told(async () => {
      const json = { namespace: 'first', ...filledNamespace };
      expect((await service.send(`POST ${namespacesPath}`, { as: 'admin', json })).status).toBe(201);
    });
    expect(events.map(({ type, payload }) => `${type} ${String(payload['name'] ?? payload['namespace'])}`)).toEqual([
      'metadef_namespace.create first',
      'metadef_resource_type.create OS::Glance::Image',
      'metadef_resource_type.create OS::Nova::Server',
      'metadef_object.create object',
      'metadef_tag.create old',
      'metadef_tag.create new',
      'metadef_property.create one',
    ]);
    expect(events.at(-1)?.payload).toMatchObject({ name_old: 'one', type: 'integer', default: '1', minimum: null });
    expect(events[3]?.payload['properties']).toMatchObject([{ name: 'cores', title: 'Cores', enum: null }]);
  });

  test('tells of changes of metadata definitions, with the names of before', async () => {
    const as = 'admin' as const;
    const path = `${namespacesPath}/second`;
    await service.send(`POST ${namespacesPath}`, { as, json: { namespace: 'second', ...filledNamespace } });
    const events = await told(async () => {
      const object = { name: 'thing', properties: {} };
      const answers = [
        await service.send(`PUT ${path}/objects/object`, { as, json: object }),
        await service.send(`PUT ${path}/properties/one`, { as, json: { name: 'uno', title: 'Uno', type: 'string' } }),
        await service.send(`PUT ${path}/tags/old`, { as, json: { name: 'older' } }),
        await service.send(`POST ${path}/tags`, { as, json: { tags: [{ name: 'a' }, { name: 'b' }] } }),
        await service.send(`POST ${path}/resource_types`, { as, json: { name: 'OS::Cinder::Volume' } }),
        await service.send(`DELETE ${path}/resource_types/OS::Cinder::Volume`, { as }),
        await service.send(`DELETE ${path}/objects/thing`, { as }),
        await service.send(`DELETE ${path}/tags/a`, { as }),
        await service.send(`DELETE ${path}/properties`, { as }),
        await service.send(`DELETE ${path}/tags`, { as }),
        await service.send(`DELETE ${path}/objects`, { as }),
        await service.send(`PUT ${path}`, { as, json: { namespace: 'third' } }),
        await service.send(`DELETE ${namespacesPath}/third`, { as }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([
        200, 200, 200, 201, 201, 204, 204, 204, 204, 204, 204, 200, 204,
      ]);
    });
    const told_ = events.map(({ type, payload }) => {
      const name = payload['name'] ?? payload['namespace'];
      const former = payload['name_old'] ?? payload['namespace_old'];
      return `${type} ${String(name)}${name === former ? '' : ` was ${String(former)}`}`;
    });
    expect(told_).toEqual([
      'metadef_object.update thing was object',
      'metadef_property.update uno was one',
      'metadef_tag.update older was old',
      'metadef_tag.create a',
      'metadef_tag.create b',
      'metadef_resource_type.create OS::Cinder::Volume',
      'metadef_resource_type.delete OS::Cinder::Volume',
      'metadef_object.delete thing',
      'metadef_tag.delete a',
      'metadef_namespace.delete_properties second',
      'metadef_namespace.delete_tags second',
      'metadef_namespace.delete_objects second',
      'metadef_namespace.update third was second',
      'metadef_namespace.delete third',
    ]);
    // The namespace is still there when all of one kind in it is deleted.
    const isDeletion = /\.delete$/;
    for (const { type, payload } of events) expect(payload['deleted']).toBe(isDeletion.test(type));
  });
});

describe('a service with several stores', { timeout: patience }, () => {
  let service: SeveralStores;
  let web: TestWebServer;
  beforeAll(async () => {
    service = await runWithSeveralStores({ config: toldInTheLog });
    web = await serveWeb((request, response) => {
      if (request.url !== '/disk.raw') response.writeHead(404);
      response.end('ten bytes!');
    });
  });
  afterAll(async () => {
    await service.close();
    web.close();
  });

  async function imported(id: string, json: unknown, as: Persona = 'member'): Promise<void> {
    expect((await service.send(`POST /v2/images/${id}/import`, { as, json })).status).toBe(202);
    await settled(service, id);
  }

  test('tells of staging and importing into two stores', async () => {
    const events = await toldWhile(service, async () => {
      const id = await createImage(service);
      await service.send(`PUT /v2/images/${id}/stage`, { body: 'ten bytes!', headers: octets });
      await imported(id, { method: { name: 'glance-direct' }, stores: ['fast', 'slow'] });
    });
    const seen = words(events);
    expect(seen.filter((word) => !word.startsWith('image.update'))).toEqual([
      'image.create queued',
      'task.create pending',
      'task.run pending',
      'task.processing processing',
      'image.prepare importing',
      'image.upload importing',
      'image.prepare importing',
      'image.upload active',
      'image.activate active',
      'task.success success',
    ]);
    expect(seen.slice(0, 3)).toEqual(['image.create queued', 'image.update uploading', 'image.update uploading']);
    const prepared = events.filter(({ type }) => type === 'image.prepare').map(({ payload }) => payload);
    expect(prepared.map(({ backend }) => backend)).toEqual(['fast', 'slow']);
    expect(prepared[0]).toMatchObject({ os_glance_importing_to_stores: ['fast', 'slow'], os_glance_failed_import: [] });
  });

  test('tells of an import that fails: the task, and the image that is queued again', async () => {
    const id = await createImage(service);
    const events = await toldWhile(service, () =>
      imported(id, { method: { name: 'web-download', uri: `${web.url}/none.raw` } }),
    );
    expect(words(events)).toEqual([
      'task.create pending',
      'task.run pending',
      'task.processing processing',
      'image.update importing',
      'image.update queued',
      'task.failure failure',
    ]);
    expect(events.at(-1)?.payload).toMatchObject({
      type: 'api_image_import',
      owner: 'p1',
      result: null,
      message: null,
    });
    expect(events.at(-1)?.payload).not.toHaveProperty('input');
  });

  test('tells of a store that cannot be filled, with the reason, and goes on', async () => {
    const id = await createImage(service);
    rmSync(service.storeFolderOf('slow'), { recursive: true });
    const events = await toldWhile(service, () => {
      const method = { name: 'web-download', uri: `${web.url}/disk.raw` };
      return imported(id, { method, stores: ['slow', 'fast'], all_stores_must_succeed: false });
    });
    const seen = words(events).filter((word) => !word.startsWith('image.update') && !word.startsWith('task.'));
    expect(seen).toEqual([
      'image.upload ERROR',
      'image.prepare importing',
      'image.upload active',
      'image.activate active',
    ]);
    const failure = events.find(({ priority }) => priority === 'ERROR');
    expect(failure?.payload['text']).toMatch(new RegExp(`${id}.*slow`));
  });

  test('tells of data that are copied to another store', async () => {
    const id = await createActiveImage(service);
    const events = await toldWhile(service, () =>
      imported(id, { method: { name: 'copy-image' }, stores: ['spare'] }, 'admin'),
    );
    const seen = words(events).filter((word) => !word.startsWith('image.update'));
    expect(seen).toEqual([
      'task.create pending',
      'task.run pending',
      'task.processing processing',
      'image.prepare active',
      'image.upload active',
      'task.success success',
    ]);
  });
});

describe('a service with an image cache', { timeout: patience }, () => {
  let service: RunningService;
  const bytes = Buffer.alloc(32 * 1024 * 1024, 'data');
  beforeAll(async () => {
    const config = `image_cache_driver = sqlite\n${toldInTheLog}`;
    service = await runService({ config, flavor: 'trusted-auth+caching', withCache: true });
  });
  afterAll(() => service.close());

  /** Reads the beginning of the data and goes away. */
  async function breakOff(id: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const headers = { ...identityHeaders('member') };
    const request = get(`${service.url}/v2/images/${id}/file`, { headers }, (response) => {
      response.once('data', () => request.destroy()).once('close', resolve);
    });
    await promise;
  }

  test('tells where cached data went, also of a client that goes away', async () => {
    const id = await createActiveImage(service, {}, bytes);
    const events = await toldWhile(service, async () => {
      await service.send(`GET /v2/images/${id}/file`);
      await toldSending(service, id, 1);
      while (!(await cachedIds(service)).includes(id)) await pause(10);
      await service.send(`GET /v2/images/${id}/file`);
      await toldSending(service, id, 2);
      await breakOff(id);
      await toldSending(service, id, 3);
    });
    const whole = { bytes_sent: bytes.byteLength, image_id: id };
    expect(events.map(({ type, priority, payload }) => ({ type, priority, payload }))).toMatchObject([
      { type: 'image.send', priority: 'INFO', payload: whole },
      { type: 'image.send', priority: 'INFO', payload: { ...whole, destination_ip: '127.0.0.1' } },
      { type: 'image.send', priority: 'ERROR', payload: { image_id: id, destination_ip: '127.0.0.1' } },
    ]);
    expect(events[0]?.payload).not.toHaveProperty('destination_ip');
    expect(Number(events[2]?.payload['bytes_sent'])).toBeLessThan(bytes.byteLength);
  });
});

describe('notifications that are disabled', { timeout: patience }, () => {
  test.each([
    ['image', []],
    ['image.member, image.update', ['image.create', 'image.prepare', 'image.upload', 'image.activate']],
    [
      'nothing.we.know, image.upload',
      ['image.create', 'image.update', 'image.prepare', 'image.activate', 'image.update', 'image.member.create'],
    ],
  ])('by "%s" are not told', async (disabled, expected) => {
    const service = await runService({ config: `disabled_notifications = ${disabled}\n${toldInTheLog}` });
    try {
      const events = await toldWhile(service, async () => {
        const id = await createActiveImage(service, { visibility: 'shared' });
        await service.send(`POST /v2/images/${id}/members`, { json: { member: 'p2' } });
      });
      expect(events.map(({ type }) => type)).toEqual(expected);
    } finally {
      await service.close();
    }
  });
});
