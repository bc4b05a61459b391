/** Every operation of the contract's table answers as the table says, and as the schemas describe. */
import { operations } from '@lucarne/contract/operations.ts';
import type { Operation, OperationId } from '@lucarne/contract/operations.ts';
import { defaultImageSchemaOptions } from '@lucarne/contract/schemas/image.ts';
import { schemaDocuments } from '@lucarne/contract/schemas/schema-documents.ts';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answer } from './http-client.testing.ts';
import { cacheSuccesses } from './cache.testing.ts';
import { absentId, createActiveImage, createImage, deactivate, patch, upload } from './images.testing.ts';
import { importSuccesses } from './imports.testing.ts';
import { metadefSuccesses } from './metadefs.testing.ts';
import { locationSuccesses } from './locations.testing.ts';
import { runService } from './running-service.testing.ts';
import type { RunningService } from './running-service.testing.ts';
import { runWithSeveralStores } from './several-stores.testing.ts';

let service: RunningService;
beforeAll(async () => void (service = await runWithSeveralStores({ withCache: true })));
afterAll(() => service.close());

type SchemaOperationId = Extract<OperationId, `show${string}Schema`>;

async function sharedWith(member: string): Promise<string> {
  const id = await createImage(service);
  await service.send(`POST /v2/images/${id}/members`, { json: { member } });
  return id;
}

/** For each operation a request that succeeds; an operation that is not here does not compile. */
const successes: Readonly<Record<Exclude<OperationId, SchemaOperationId>, () => Promise<Answer>>> = {
  listImages: async () => {
    await createActiveImage(service, { kernel_id: absentId });
    return service.send('GET /v2/images?limit=2');
  },
  createImage: () => service.send('POST /v2/images', { json: { name: 'n', tags: ['t'], a: 'b' } }),
  showImage: async () => service.send(`GET /v2/images/${await createActiveImage(service)}`),
  updateImage: async () => patch(service, await createActiveImage(service), [{ op: 'add', path: '/a', value: 'b' }]),
  deleteImage: async () => service.send(`DELETE /v2/images/${await createActiveImage(service)}`),
  deactivateImage: async () => service.send(`POST /v2/images/${await createActiveImage(service)}/actions/deactivate`),
  reactivateImage: async () => {
    const id = await createActiveImage(service);
    await deactivate(service, id);
    return service.send(`POST /v2/images/${id}/actions/reactivate`);
  },
  uploadImageData: async () => upload(service, await createImage(service), 'data', 'member'),
  downloadImageData: async () => service.send(`GET /v2/images/${await createActiveImage(service)}/file`),
  addImageTag: async () => service.send(`PUT /v2/images/${await createImage(service)}/tags/t`),
  removeImageTag: async () => service.send(`DELETE /v2/images/${await createImage(service, { tags: ['t'] })}/tags/t`),
  listMembers: async () => service.send(`GET /v2/images/${await sharedWith('p2')}/members`),
  createMember: async () =>
    service.send(`POST /v2/images/${await createImage(service)}/members`, { json: { member: 'p2' } }),
  showMember: async () => service.send(`GET /v2/images/${await sharedWith('p2')}/members/p2`),
  updateMember: async () =>
    service.send(`PUT /v2/images/${await sharedWith('p2')}/members/p2`, {
      as: 'otherMember',
      json: { status: 'accepted' },
    }),
  deleteMember: async () => service.send(`DELETE /v2/images/${await sharedWith('p2')}/members/p2`),
  ...metadefSuccesses(() => service),
  ...cacheSuccesses(() => service),
  ...importSuccesses(() => service),
  ...locationSuccesses(() => service),
};

const schemas = schemaDocuments(defaultImageSchemaOptions);

/** What is wrong with the answer by the schema document that describes it. */
function problemsBySchema(operation: Operation, answer: Answer): unknown {
  if (operation.responseSchema === null) return null;
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  return ajv.validate(schemas[operation.responseSchema], answer.json()) ? null : ajv.errors;
}

function operationOf(id: string): Operation {
  const operation = operations.find((row) => row.id === id);
  if (operation === undefined) throw new Error(`There is no operation ${id}.`);
  return operation;
}

test.each(Object.entries(successes))('%s succeeds as the table says', async (id, succeed) => {
  const operation = operationOf(id);
  const answer = await succeed();
  expect([answer.status, problemsBySchema(operation, answer)]).toEqual([operation.success, null]);
});

test('every operation on schemas shows its document to anybody with a token: 200', async () => {
  for (const { path } of operations.filter((operation) => operation.path.startsWith('/v2/schemas/'))) {
    const answer = await service.send(`GET ${path}`, { as: 'nobody' });
    expect([path, answer.status, answer.headers['content-type']]).toEqual([path, 200, 'application/json']);
    const id = path.slice('/v2/schemas/'.length);
    expect(answer.json()).toEqual(
      JSON.parse(JSON.stringify(new Map<string, unknown>(Object.entries(schemas)).get(id))),
    );
  }
});

test('the schema of images has the formats that are configured', async () => {
  const narrow = await runService({ config: '[image_format]\ndisk_formats = raw,iso\ncontainer_formats = bare' });
  const properties = (await narrow.send('GET /v2/schemas/image')).json()['properties'] as Record<
    string,
    { enum: unknown }
  >;
  const refused = await narrow.send('POST /v2/images', { json: { disk_format: 'qcow2' } });
  await narrow.close();
  expect([properties['disk_format']?.enum, properties['container_format']?.enum]).toEqual([
    [null, 'raw', 'iso'],
    [null, 'bare'],
  ]);
  expect(refused.status).toBe(400);
});
