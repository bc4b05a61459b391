import { describe, expect, test } from 'vitest';
import { startAnsweringServer, startRawServer } from './answering-server.testing.ts';
import type { CannedAnswer } from './answering-server.testing.ts';
import { ImageApiError } from './image-api-error.ts';
import { createImageClient } from './image-client.ts';
import type { ImageClient } from './image-client.ts';

async function refusal(answer: CannedAnswer): Promise<ImageApiError> {
  const server = await startAnsweringServer(() => answer);
  const error: unknown = await clientOf(server.url)
    .showImage('i')
    .catch((reason: unknown) => reason);
  if (!(error instanceof ImageApiError)) throw new Error('The call was not refused.', { cause: error });
  return error;
}

function clientOf(endpoint: string): ImageClient {
  return createImageClient({ endpoint, token: 't' });
}

describe('a refused call', () => {
  test.each([
    [404, 'notFound'],
    [409, 'conflict'],
    [413, 'limitExceeded'],
    [500, 'internal'],
    [300, null],
    [429, null],
  ])('with status %i has the code %s', async (status, code) => {
    expect(await refusal({ status })).toMatchObject({ status, code });
  });

  test('tells the message of the JSON body without its line breaks, and the request id', async () => {
    const error = await refusal({
      status: 403,
      headers: { 'x-openstack-request-id': 'req-1' },
      body: { message: 'Image i is protected.<br /><br />\n\n\n', code: '403 Forbidden', title: 'Forbidden' },
    });
    expect(error).toMatchObject({ name: 'ImageApiError', message: 'Image i is protected.', requestId: 'req-1' });
  });

  test.each([
    ['a body of Keystone', { error: { code: 401, message: 'Token expired', title: 'Unauthorized' } }, 'Token expired'],
    ['a page of a proxy', '<html>Bad things</html>', 'Unauthorized'],
    ['no body', undefined, 'Unauthorized'],
    ['an empty message', { message: '<br /><br />\n\n\n' }, 'Unauthorized'],
    ['JSON that is no object', '[1]', 'Unauthorized'],
  ])('with %s has a message: %j → %s', async (_case, body, message) => {
    const error = await refusal({ status: 401, body });
    expect(error).toMatchObject({ message, requestId: null });
  });
});

describe('a refused token', () => {
  test('is renewed once, and the call is sent again with its body', async () => {
    const server = await startAnsweringServer(({ headers }) =>
      headers['x-auth-token'] === 'new' ? { status: 201, body: { id: 'i' } } : { status: 401 },
    );
    const refused: (string | undefined)[] = [];
    const token = (old?: string) => {
      refused.push(old);
      return Promise.resolve(old === undefined ? 'old' : 'new');
    };
    const client = createImageClient({ endpoint: server.url, token });
    expect(await client.createImage({ name: 'web' })).toEqual({ id: 'i' });
    expect(refused).toEqual([undefined, 'old']);
    expect(server.requests.map(({ body }) => body.toString())).toEqual(['{"name":"web"}', '{"name":"web"}']);
  });

  test('that cannot be renewed ends the call: 401', async () => {
    const server = await startAnsweringServer(() => ({ status: 401 }));
    const client = clientOf(server.url);
    await expect(client.showImage('i')).rejects.toMatchObject({ status: 401, code: 'unauthorized' });
    expect(server.requests).toHaveLength(1);
  });

  test('renewed to another the service refuses as well ends the call: 401', async () => {
    const server = await startAnsweringServer(() => ({ status: 401 }));
    const client = createImageClient({ endpoint: server.url, token: (old = '') => Promise.resolve(`${old}+`) });
    await expect(client.showImage('i')).rejects.toMatchObject({ status: 401 });
    expect(server.requests).toHaveLength(2);
  });
});

test('a call ends when its signal says so', async () => {
  const controller = new AbortController();
  const url = await startRawServer(() => controller.abort(new Error('no longer wanted')));
  await expect(clientOf(url).showImage('i', { signal: controller.signal })).rejects.toThrow('no longer wanted');
});
