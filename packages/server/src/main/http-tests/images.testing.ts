/** Images as the HTTP tests need them: a record, a record with data, and requests on them in one word. */
import { randomBytes } from 'node:crypto';
import type { Answer, Persona } from './http-client.testing.ts';
import type { RunningService } from './running-service.testing.ts';

type Sender = Pick<RunningService, 'send'>;

/** An id no image has. */
export const absentId = '00000000-0000-4000-8000-000000000000';

/** Creates an image that data can be uploaded to, unless the attributes say otherwise. Gives its id. */
export async function createImage(
  service: Sender,
  attributes: Readonly<Record<string, unknown>> = {},
  as: Persona = 'member',
): Promise<string> {
  const json = { disk_format: 'raw', container_format: 'bare', ...attributes };
  const answer = await service.send('POST /v2/images', { as, json });
  if (answer.status !== 201) throw new Error(`No image was created: ${answer.status} ${answer.text}`);
  return String(answer.json()['id']);
}

export function upload(service: Sender, id: string, data: string | Uint8Array, as: Persona = 'admin'): Promise<Answer> {
  return service.send(`PUT /v2/images/${id}/file`, {
    as,
    body: data,
    headers: { 'content-type': 'application/octet-stream' },
  });
}

/** Creates an image with data. Gives its id. */
export async function createActiveImage(
  service: Sender,
  attributes: Readonly<Record<string, unknown>> = {},
  data: string | Uint8Array = 'ten bytes!',
): Promise<string> {
  const id = await createImage(service, attributes);
  const answer = await upload(service, id, data);
  if (answer.status !== 204) throw new Error(`No data were stored: ${answer.status} ${answer.text}`);
  return id;
}

/** Deactivates an image. */
export async function deactivate(service: Sender, id: string): Promise<void> {
  const answer = await service.send(`POST /v2/images/${id}/actions/deactivate`);
  if (answer.status !== 204) throw new Error(`The image was not deactivated: ${answer.status} ${answer.text}`);
}

export async function show(service: Sender, id: string, as: Persona = 'admin'): Promise<Record<string, unknown>> {
  return (await service.send(`GET /v2/images/${id}`, { as })).json();
}

export function patch(
  service: Sender,
  id: string,
  operations: unknown,
  options: {
    readonly as?: Persona;
    readonly dialect?: 'v2.0' | 'v2.1';
    readonly headers?: Record<string, string>;
  } = {},
): Promise<Answer> {
  return service.send(`PATCH /v2/images/${id}`, {
    as: options.as ?? 'member',
    json: operations,
    headers: {
      'content-type': `application/openstack-images-${options.dialect ?? 'v2.1'}-json-patch`,
      ...options.headers,
    },
  });
}

/** Bytes that no format inspector recognises. */
export function noise(bytes: number): Buffer {
  return randomBytes(bytes);
}
