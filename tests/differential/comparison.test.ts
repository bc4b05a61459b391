import { describe, expect, test } from 'vitest';

import { comparable, differences, IdNames } from './comparison.ts';
import type { Difference } from './comparison.ts';
import type { Answer } from './play.ts';

const firstId = '11111111-1111-4111-8111-111111111111';
const secondId = '22222222-2222-4222-8222-222222222222';

function answer(status: number, headers: Record<string, string>, body: string): Answer {
  return { status, headers, body: Buffer.from(body) };
}

function json(status: number, document: unknown, headers: Record<string, string> = {}): Answer {
  return answer(status, { 'content-type': 'application/json', ...headers }, JSON.stringify(document));
}

function compared(glance: Answer, lucarne: Answer, request = 'GET /v2/images'): Difference[] {
  return differences(comparable(request, glance, new IdNames()), comparable(request, lucarne, new IdNames()));
}

describe('answers count as equal', () => {
  const equal: ReadonlyArray<readonly [why: string, glance: Answer, lucarne: Answer]> = [
    ['when generated ids differ', json(201, { id: firstId }), json(201, { id: secondId })],
    [
      'when times differ',
      json(200, { created_at: '2020-01-01T00:00:00Z' }),
      json(200, { created_at: '2021-02-03T04:05:06Z' }),
    ],
    [
      'when generated request ids differ',
      json(200, {}, { 'x-openstack-request-id': `req-${firstId}` }),
      json(200, {}, { 'x-openstack-request-id': `req-${secondId}` }),
    ],
    [
      'when ports differ',
      json(200, { href: 'http://127.0.0.1:1/v2/' }, { location: 'http://127.0.0.1:1/x' }),
      json(200, { href: 'http://127.0.0.1:22/v2/' }, { location: 'http://127.0.0.1:22/x' }),
    ],
    ['when keys are ordered otherwise', json(200, { a: 1, b: 2 }), json(200, { b: 2, a: 1 })],
    ['when tags are ordered otherwise', json(200, { tags: ['a', 'b'] }), json(200, { tags: ['b', 'a'] })],
    [
      'when JSON is spaced otherwise',
      answer(200, { 'content-type': 'application/json', 'content-length': '9' }, '{"a": 1} '),
      answer(200, { 'content-type': 'application/json', 'content-length': '7' }, '{"a":1}'),
    ],
    [
      'when error sentences differ',
      json(404, { message: 'No such thing', code: '404 Not Found', title: 'Not Found' }),
      json(404, { message: 'Nothing here', code: '404 Not Found', title: 'Not Found' }),
    ],
    [
      'when plain error sentences differ',
      answer(404, { 'content-type': 'text/plain; charset=UTF-8' }, '404 Not Found\n\nx\n\n   '),
      answer(404, { 'content-type': 'text/plain; charset=UTF-8' }, '404 Not Found\n\nyyy\n\n   '),
    ],
    [
      'when times with fractions of seconds differ',
      json(200, { created_at: '2020-01-01T00:00:00.000001' }),
      json(200, { created_at: '2021-02-03T04:05:06.500000' }),
    ],
    [
      'when times in seconds differ',
      json(200, { cached_images: [{ last_accessed: 1.5 }] }),
      json(200, { cached_images: [{ last_accessed: 2 }] }),
    ],
    [
      'when the folders of the services differ',
      json(200, { direct_url: `file:///tmp/glance-oracle-abc123/images/${firstId}` }),
      json(200, { direct_url: `file:///var/tmp/lucarne-differential-XyZ789/images/${firstId}` }),
    ],
    [
      'when ids are alike but come in another order of keys',
      json(200, { image_id: firstId, task_id: secondId }),
      json(200, { task_id: secondId, image_id: firstId }),
    ],
    ['when the product adds a header of its own', json(200, {}), json(200, {}, { etag: '"x"' })],
    [
      'when a request id comes earlier than in Glance',
      json(401, {}),
      json(401, {}, { 'x-openstack-request-id': `req-${firstId}` }),
    ],
    [
      'when a 204 does not describe its missing body',
      answer(204, { 'content-type': 'text/html; charset=UTF-8', 'content-length': '0' }, ''),
      answer(204, {}, ''),
    ],
    ['when headers of the connection differ', json(200, {}, { connection: 'close' }), json(200, {}, { server: 'x' })],
  ];

  test.each(equal)('%s', (_why, glance, lucarne) => {
    expect(compared(glance, lucarne)).toEqual([]);
  });

  test('when only one task that succeeded says something', () => {
    const quiet = json(200, { status: 'success', message: '' });
    expect(compared(json(200, { status: 'success', message: 'Copied' }), quiet, 'GET /v2/tasks/x')).toEqual([]);
  });

  test.each([
    ['GET /v2/schemas/image', 'description'],
    ['GET /v2/info/import', 'description'],
    ['GET /v2/tasks/x', 'message'],
    ['GET /v2/images/x/tasks', 'message'],
  ])('when sentences differ in the answer to %s', (request, member) => {
    expect(compared(json(200, { [member]: 'So it is' }), json(200, { [member]: 'It is so' }), request)).toEqual([]);
  });
});

describe('answers count as different', () => {
  const different: ReadonlyArray<readonly [why: string, glance: Answer, lucarne: Answer, at: readonly string[]]> = [
    ['when the status differs, and then nothing else is said', json(200, { a: 1 }), json(400, { b: 1 }), ['status']],
    [
      'when the media type differs',
      json(200, {}),
      answer(200, { 'content-type': 'text/json' }, '{}'),
      ['header content-type', 'body'],
    ],
    ['when a header is missing', json(405, {}, { allow: 'GET' }), json(405, {}), ['header allow']],
    ['when an unknown header is added', json(200, {}), json(200, {}, { 'x-new': '1' }), ['header x-new']],
    [
      'when the request id is not the one of the client',
      json(200, {}, { 'x-openstack-request-id': 'req-mine' }),
      json(200, {}, { 'x-openstack-request-id': `req-${firstId}` }),
      ['header x-openstack-request-id'],
    ],
    ['when a member is missing', json(200, { a: { b: null } }), json(200, { a: {} }), ['body /a/b']],
    ['when null became empty text', json(200, { a: null }), json(200, { a: '' }), ['body /a']],
    ['when a number became text', json(200, { a: 1 }), json(200, { a: '1' }), ['body /a']],
    ['when a list is longer', json(200, { a: [1] }), json(200, { a: [1, 2] }), ['body /a/1']],
    [
      'when a description that a client wrote differs',
      json(200, { description: 'a' }),
      json(200, { description: 'b' }),
      ['body /description'],
    ],
    [
      'when the folder in a service differs',
      json(200, { url: 'file:///tmp/glance-oracle-abc123/fast/x' }),
      json(200, { url: 'file:///tmp/lucarne-differential-abc123/slow/x' }),
      ['body /url'],
    ],
    ['when tags differ', json(200, { tags: ['a'] }), json(200, { tags: ['b'] }), ['body /tags/0']],
    [
      'when ids come in another order',
      json(200, { list: [firstId, secondId, firstId] }),
      json(200, { list: [firstId, secondId, secondId] }),
      ['body /list/2'],
    ],
    [
      'when the title of an error differs',
      json(404, { message: 'x', code: '404 Not Found', title: 'Not Found' }),
      json(404, { message: 'x', code: '404 Not Found', title: 'Missing' }),
      ['body /title'],
    ],
    [
      'when an error page is titled otherwise',
      answer(404, { 'content-type': 'text/html; charset=UTF-8' }, '<title>404 Not Found</title>'),
      answer(404, { 'content-type': 'text/html; charset=UTF-8' }, '<title>404</title>'),
      ['body /title'],
    ],
    [
      'when the bytes of an image differ',
      answer(200, { 'content-type': 'application/octet-stream', 'content-length': '2' }, 'ab'),
      answer(200, { 'content-type': 'application/octet-stream', 'content-length': '3' }, 'abc'),
      ['header content-length', 'body'],
    ],
    ['when one connection broke', json(200, {}), answer(0, {}, 'socket hang up'), ['status']],
  ];

  test('when only one task that failed says why', () => {
    const silent = json(200, { status: 'failure', message: '' });
    const spoken = json(200, { status: 'failure', message: 'Why' });
    expect(compared(spoken, silent, 'GET /v2/tasks/x').map(({ at }) => at)).toEqual(['body /message']);
  });

  test.each(different)('%s', (_why, glance, lucarne, at) => {
    expect(compared(glance, lucarne).map((difference) => difference.at)).toEqual(at);
  });
});

test('an id keeps the name of the request that showed it first', () => {
  const ids = new IdNames();
  ids.enter('create');
  expect(ids.rename(firstId)).toBe('<id 1 of create>');
  ids.enter('list');
  expect(ids.rename(`${secondId} then ${firstId}`)).toBe('<id 1 of list> then <id 1 of create>');
});
