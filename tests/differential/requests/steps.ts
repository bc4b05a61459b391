/** Short forms for the steps that many tables repeat. */
import type { Caller } from '../callers.ts';
import type { RequestBody, Step } from '../scenario.ts';

export const patchMediaTypes = {
  v21: 'application/openstack-images-v2.1-json-patch',
  v20: 'application/openstack-images-v2.0-json-patch',
} as const;

/** Ten bytes: what the tables upload when the content does not matter. */
export const tenBytes = '0123456789';

/** Creates an image and saves its id under `name`. */
export function createImage(
  name: string,
  attributes: Readonly<Record<string, unknown>> = {},
  as: Caller = 'alice',
): Step {
  return { what: `create ${name}`, as, send: 'POST /v2/images', json: attributes, save: { [name]: 'id' } };
}

/** Creates an image that is ready for data, and uploads `data` to it. */
export function createActiveImage(
  name: string,
  attributes: Readonly<Record<string, unknown>> = {},
  as: Caller = 'alice',
): Step[] {
  return [
    createImage(name, { disk_format: 'raw', container_format: 'bare', ...attributes }, as),
    uploadTo(name, `upload to ${name}`, tenBytes, as),
  ];
}

/** PUT …/file with the content type it needs. */
export function uploadTo(name: string, what: string, body: RequestBody, as: Caller = 'alice'): Step {
  return {
    what,
    as,
    send: `PUT /v2/images/{${name}}/file`,
    headers: { 'Content-Type': 'application/octet-stream' },
    body,
  };
}

/** A PATCH in the current dialect. */
export function patchImage(name: string, what: string, operations: unknown, as: Caller = 'alice'): Step {
  return {
    what,
    as,
    send: `PATCH /v2/images/{${name}}`,
    headers: { 'Content-Type': patchMediaTypes.v21 },
    json: operations,
  };
}

/** A PATCH in the dialect of draft 4. */
export function patchImageV20(name: string, what: string, operations: unknown, as: Caller = 'alice'): Step {
  return { ...patchImage(name, what, operations, as), headers: { 'Content-Type': patchMediaTypes.v20 } };
}

export function showImage(name: string, what: string, as: Caller = 'alice'): Step {
  return { what, as, send: `GET /v2/images/{${name}}` };
}

/** One GET of the image list for every query, named after it. */
export function listImages(as: Caller, queries: readonly string[]): Step[] {
  return queries.map((query) => ({
    what: `${as} lists ?${query}`,
    as,
    send: query === '' ? 'GET /v2/images' : `GET /v2/images?${query}`,
  }));
}

/** Waits until nothing works on the image any more, and shows it. */
export function showSettled(name: string, what: string, as: Caller = 'alice'): Step {
  return { ...showImage(name, what, as), until: { os_glance_import_task: [null] } };
}

/** GET …/file */
export function downloadFrom(name: string, what: string, as: Caller = 'alice', headers: Step['headers'] = {}): Step {
  return { what, as, send: `GET /v2/images/{${name}}/file`, headers };
}

/** PUT …/stage with the content type it needs. */
export function stageTo(name: string, what: string, body: RequestBody = tenBytes, as: Caller = 'alice'): Step {
  return { ...uploadTo(name, what, body, as), send: `PUT /v2/images/{${name}}/stage` };
}

/** POST …/import with this document. */
export function importTo(name: string, what: string, document: unknown, as: Caller = 'alice'): Step {
  return { what, as, send: `POST /v2/images/{${name}}/import`, json: document };
}

/** Creates an image that is ready for data, and stages ten bytes for it. */
export function createStagedImage(
  name: string,
  attributes: Readonly<Record<string, unknown>> = {},
  as: Caller = 'alice',
): Step[] {
  return [
    createImage(name, { disk_format: 'raw', container_format: 'bare', ...attributes }, as),
    stageTo(name, `stage for ${name}`, tenBytes, as),
  ];
}

/** The same request with these headers beside its own. */
export function withHeaders(step: Step, headers: Readonly<Record<string, string>>): Step {
  return { ...step, headers: { ...step.headers, ...headers } };
}
