import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeQueryString, parseQueryString } from '../../lib/query-string.ts';
import type { QueryPair } from '../../lib/query-string.ts';
import { errorCodeOf } from '../errors.testing.ts';
import { parseListParameters } from './list-parameters.ts';
import type { ImageListQuery } from './list-query.ts';

const viewer = { isAdmin: false, projectId: 'own' };
const limits = { defaultLimit: 25, maxLimit: 1000 };

/** Reads a query string as a client sends it. */
function parse(query: string): ImageListQuery {
  const pairs = parseQueryString(query);
  expect(pairs).not.toBeNull();
  return parseListParameters(pairs ?? [], viewer, limits);
}

function codeOf(query: string): string {
  return errorCodeOf(() => parse(query));
}

/** `name:asc` for each key. */
function sortOf(query: string): readonly string[] {
  return parse(query).sort.map(({ key, direction }) => `${key}:${direction}`);
}

/** Query strings written one behind the other. */
function words(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '));
}

test('without parameters the first page of the default set is asked for, newest first', () => {
  expect(parse('')).toEqual({
    viewer,
    visibility: null,
    memberStatus: 'accepted',
    hidden: false,
    filters: [],
    sort: [
      { key: 'created_at', direction: 'desc' },
      { key: 'id', direction: 'desc' },
    ],
    limit: 25,
    marker: null,
  });
});

describe('filters on text', () => {
  const columns = ['name', 'id', 'status', 'container_format', 'disk_format'] as const;

  test.each([
    ['x', ['x']],
    ['', ['']],
    ['a%20b+c', ['a b c']],
    ['eq:x', ['x']],
    ['eq:', ['']],
    ['eq:a:b', ['a:b']],
    ['in:a,b', ['a', 'b']],
    ['in:a:b', ['a:b']],
    ['in:', []],
    ['in:a', ['a']],
    ['in:a,', ['a']],
    ['in:,', ['']],
    ['in:a,,b', ['a', '', 'b']],
    ['in:,a', ['', 'a']],
    ['in: a , b ', [' a ', ' b ']],
    ['in:"a,3",b', ['a,3', 'b']],
    ['in:b,"a,3"', ['b', 'a,3']],
    ['in:"a,3",', ['a,3']],
    ['in:""', ['']],
    ['in:"a\\"b"', ['a"b']],
    ['in:"a\\\\"', ['a\\']],
    ['in:"a\\b"', ['a\\b']],
    ['in:a\\"b', ['a"b']],
    ['in:a\\b', ['a\\b']],
    ['2020-01-01T00:00:00Z', ['2020-01-01T00:00:00Z']],
  ])('%j is one of %j', (value, values) => {
    for (const column of columns) {
      expect(parse(`${column}=${value}`).filters).toEqual([{ kind: 'text', column, values }]);
    }
  });

  test.each([
    'a:b',
    'neq:x',
    ':x',
    'IN:a',
    'gt:2020-01-01',
    'in:"a',
    'in:a"',
    'in:"a"b',
    'in:a"b"',
    'in:"a""b"',
    'in:"',
  ])('%j is not understood: 400', (value) => {
    for (const column of columns) expect(codeOf(`${column}=${value}`)).toBe('badRequest');
  });

  test('every list of values can be written as quoted items', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', ',', '"', '\\', ':', ' ') })), (values) => {
        const items = values.map((value) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
        const pairs: QueryPair[] = [['name', `in:${items.join(',')}`]];
        const wanted = [{ kind: 'text', column: 'name', values: [...new Set(values)] }];
        expect(parseListParameters(pairs, viewer, limits).filters).toEqual(wanted);
      }),
    );
  });

  test('a list of a thousand values is the longest: 400', () => {
    const list = (length: number) => Array.from({ length }, (_, index) => `v${index}`).join(',');
    expect(() => parse(`name=in:${list(1000)}`)).not.toThrow();
    expect(() => parse(`name=in:${list(1001)}`)).toThrow('more than 1000 values');
    expect(() => parse(`name=in:${'v,'.repeat(5000)}`)).not.toThrow();
  });

  test('256 filters are the most: 400', () => {
    const filters = (length: number) => Array.from({ length }, (_, index) => `p${index}=x`).join('&');
    expect(() => parse(filters(256))).not.toThrow();
    expect(() => parse(filters(257))).toThrow('at most 256 filters');
  });

  test.each(['owner', 'checksum', 'os_hash_value', 'os_hash_algo'] as const)('%s knows no operators', (column) => {
    for (const value of ['x', '', 'in:a,b', 'a:b']) {
      expect(parse(`${column}=${value}`).filters).toEqual([{ kind: 'text', column, values: [value] }]);
    }
  });
});

describe('filters on numbers', () => {
  const columns = ['size', 'virtual_size', 'min_ram', 'min_disk'] as const;

  test.each([
    ['10', 10n],
    ['-1', -1n],
    ['%2B7', 7n],
    ['+7+', 7n],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
  ])('%s is a bound and a value', (text, value) => {
    for (const column of columns) {
      const number = { kind: 'number', column, value } as const;
      expect(parse(`${column}_min=${text}`).filters).toEqual([{ ...number, operator: 'gte' }]);
      expect(parse(`${column}_max=${text}`).filters).toEqual([{ ...number, operator: 'lte' }]);
      expect(parse(`${column}=${text}`).filters).toEqual([{ ...number, operator: 'eq' }]);
    }
  });

  test.each(['', '1.5', 'x', '1e3', '0x10', '--1', '9223372036854775808', '9'.repeat(1000)])(
    '%s is no bound: 400, and the value of no image',
    (text) => {
      for (const column of columns) {
        expect(codeOf(`${column}_min=${text}`)).toBe('badRequest');
        expect(codeOf(`${column}_max=${text}`)).toBe('badRequest');
        expect(parse(`${column}=${text}`).filters).toEqual([{ kind: 'nothing' }]);
      }
    },
  );

  test.each(['created_at_min=1', 'name_max=1', 'cpu_min=1', '_max=1', '__proto___min=1'])(
    '%s has no number: 400',
    (query) => {
      expect(codeOf(query)).toBe('badRequest');
    },
  );
});

describe('filters on times', () => {
  test.each([
    ['2020-01-02T03:04:05Z', 'eq', '2020-01-02T03:04:05Z'],
    ['2020-01-02', 'eq', '2020-01-02T00:00:00Z'],
    ['eq:2020-01-02', 'eq', '2020-01-02T00:00:00Z'],
    ['neq:2020-01-02', 'neq', '2020-01-02T00:00:00Z'],
    ['gt:2020-01-02T03:04:05', 'gt', '2020-01-02T03:04:05Z'],
    ['gte:2020-01-02+03:04:05', 'gte', '2020-01-02T03:04:05Z'],
    ['lt:2020-01-02T03:04:05%2B01:00', 'lt', '2020-01-02T02:04:05Z'],
    ['lte:2020-01-02T03:04:05.5-01:00', 'lte', '2020-01-02T04:04:05.5Z'],
  ])('%s is %s %s', (text, operator, time) => {
    for (const column of ['created_at', 'updated_at'] as const) {
      expect(parse(`${column}=${text}`).filters).toEqual([{ kind: 'time', column, operator, value: new Date(time) }]);
    }
  });

  test.each(['', 'x', 'gt:', 'gt:x', 'ge:2020-01-02', ':2020-01-02', 'gt:2020-01-02T03:04:05+01:00', 'in:2020-01-02'])(
    '%j is not understood: 400',
    (text) => {
      expect(codeOf(`created_at=${text}`)).toBe('badRequest');
      expect(codeOf(`updated_at=${text}`)).toBe('badRequest');
    },
  );
});

describe('filters on flags and sets', () => {
  test.each([
    ['visibility=public', 'public'],
    ['visibility=all', 'all'],
    ['visibility=public&visibility=shared', 'shared'],
  ])('%s asks for %s', (query, visibility) => {
    expect(parse(query)).toMatchObject({ visibility, filters: [] });
  });

  test('an empty visibility is that of no image', () => {
    expect(parse('visibility=').filters).toEqual([{ kind: 'nothing' }]);
  });

  test.each(['accepted', 'pending', 'rejected', 'all'])('member_status=%s is understood', (status) => {
    expect(parse(`member_status=${status}`).memberStatus).toBe(status);
  });

  test.each([
    ['os_hidden=true', true],
    ['os_hidden=True', true],
    ['os_hidden=FALSE', false],
  ])('%s: %j', (query, hidden) => {
    expect(parse(query).hidden).toBe(hidden);
  });

  test.each([
    ['protected=true', true],
    ['protected=false', false],
  ])('%s: %j', (query, value) => {
    expect(parse(query).filters).toEqual([{ kind: 'protected', value }]);
  });

  test.each(
    words(
      'visibility=Public visibility=x member_status= member_status=x os_hidden= os_hidden=1',
      'protected=True protected= protected=1 changes-since=2020-01-01 changes-since=',
    ),
  )('%s is not understood: 400', (query) => {
    expect(codeOf(query)).toBe('badRequest');
  });

  test('all tags are wanted, trimmed', () => {
    expect(parse('tag=a&tag=+b+&tag=').filters).toEqual([
      { kind: 'tag', value: 'a' },
      { kind: 'tag', value: 'b' },
      { kind: 'tag', value: '' },
    ]);
  });
});

describe('custom properties', () => {
  test.each([
    ['os_distro=debian', 'os_distro', 'debian'],
    ['os_distro=', 'os_distro', ''],
    ['os_distro', 'os_distro', ''],
    ['os_distro=in:a,b', 'os_distro', 'in:a,b'],
    ['is_public=true', 'is_public', 'true'],
    ['tags=lts', 'tags', 'lts'],
    ['locations=x', 'locations', 'x'],
    ['properties=x', 'properties', 'x'],
    ['members=x', 'members', 'x'],
    ['os_glance_failed_import=fast', 'os_glance_failed_import', 'fast'],
    ['__proto__=x', '__proto__', 'x'],
    ['constructor=x', 'constructor', 'x'],
    ['=x', '', 'x'],
    ['p=1&p=2', 'p', '2'],
  ])('%s: %j is %j', (query, name, value) => {
    expect(parse(query).filters).toEqual([{ kind: 'property', name, value }]);
  });
});

test('of repeated filters the last counts, and the overruled is not even looked at', () => {
  expect(parse('name=a:b&name=c').filters).toEqual([{ kind: 'text', column: 'name', values: ['c'] }]);
  expect(parse('limit=2&limit=3')).toMatchObject({ limit: 3, filters: [] });
});

test('deleted=true is ignored', () => {
  expect(parse('deleted=true')).toEqual(parse(''));
});

describe('the order', () => {
  test.each([
    ['sort=name', 'name:desc created_at:desc id:desc'],
    ['sort=name:asc', 'name:asc created_at:asc id:asc'],
    ['sort=name:asc,size', 'name:asc size:desc created_at:desc id:desc'],
    ['sort=name:asc,size:asc', 'name:asc size:asc created_at:desc id:desc'],
    ['sort=+name+:+asc+,+size+', 'name:asc size:desc created_at:desc id:desc'],
    ['sort=name:', 'name:desc created_at:desc id:desc'],
    ['sort=id:asc', 'id:asc created_at:asc'],
    ['sort=created_at:asc', 'created_at:asc id:asc'],
    ['sort=name:asc,name:desc', 'name:asc created_at:desc id:desc'],
    ['sort=name&sort=size:asc', 'size:asc created_at:asc id:asc'],
    ['sort_key=name', 'name:desc created_at:desc id:desc'],
    ['sort_key=name&sort_key=size', 'name:desc size:desc created_at:desc id:desc'],
    ['sort_key=name&sort_dir=asc', 'name:asc created_at:asc id:asc'],
    ['sort_key=name&sort_key=size&sort_dir=asc', 'name:asc size:asc created_at:asc id:asc'],
    ['sort_key=name&sort_dir=asc&sort_key=size&sort_dir=desc', 'name:asc size:desc created_at:desc id:desc'],
    ['sort_dir=asc', 'created_at:asc id:asc'],
  ])('%s: %s', (query, expected) => {
    expect(sortOf(query).join(' ')).toBe(expected);
  });

  test.each(
    words(
      'sort= sort=name, sort=,name sort=name:up sort=name:ASC sort=name:asc:x sort=min_disk sort_key=',
      'sort_key=owner sort_dir= sort_dir=Asc sort=name&sort_key=name sort=name&sort_dir=asc',
      'sort_dir=asc&sort_dir=asc sort_key=name&sort_dir=asc&sort_dir=asc',
      'sort_key=name&sort_key=size&sort_key=id&sort_dir=asc&sort_dir=desc',
    ),
  )('%s is not understood: 400', (query) => {
    expect(codeOf(query)).toBe('badRequest');
  });
});

describe('the page', () => {
  test.each([
    ['limit=0', 0],
    ['limit=7', 7],
    ['limit=+7+', 7],
    ['limit=%2B7', 7],
    ['limit=007', 7],
    ['limit=-0', 0],
    ['limit=1000', 1000],
    ['limit=1001', 1000],
    ['limit=99999999999999999999999999', 1000],
  ])('%s: %i images', (query, limit) => {
    expect(parse(query).limit).toBe(limit);
  });

  test.each(['limit=', 'limit=-1', 'limit=1.0', 'limit=x', 'limit=0x1', 'marker='])(
    '%s is not understood: 400',
    (query) => {
      expect(codeOf(query)).toBe('badRequest');
    },
  );

  test('a default above the cap is capped', () => {
    expect(parseListParameters([], viewer, { defaultLimit: 25, maxLimit: 10 }).limit).toBe(10);
  });

  test('starts behind the last marker given, verbatim', () => {
    expect(parse('marker=a&marker=+B').marker).toBe(' B');
  });
});

test('no query string raises anything but a 400', () => {
  const name = fc.oneof(
    fc.constantFrom('name', 'size_min', 'created_at', 'sort', 'sort_key', 'sort_dir', 'limit', 'visibility', 'tag'),
    fc.string(),
  );
  const value = fc.oneof(fc.string({ unit: fc.constantFrom('in:', '"', ',', '\\', 'a', ':', '1', '-') }), fc.string());
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
      expect(['none', 'badRequest']).toContain(codeOf(encodeQueryString(pairs)));
    }),
    { numRuns: 500 },
  );
});

describe('in the words of other clients', () => {
  const dialect = {
    visibilities: new Map([
      ['open', ['public', 'community'] as const],
      ['closed', ['private'] as const],
    ]),
    statuses: new Map([['busy', ['saving', 'importing'] as const]]),
  };
  const parseInDialect = (query: string) =>
    parseListParameters(parseQueryString(query) ?? [], viewer, { ...limits, dialect });

  test('a visibility stands for what it means, among the default set', () => {
    expect(parseInDialect('visibility=open')).toMatchObject({
      visibility: null,
      filters: [{ kind: 'text', column: 'visibility', values: ['public', 'community'] }],
    });
  });

  test.each(['public', 'all', 'Open'])('the visibility %s is none of them: badRequest', (visibility) => {
    expect(errorCodeOf(() => parseInDialect(`visibility=${visibility}`))).toBe('badRequest');
  });

  test('an empty visibility is that of no image', () => {
    expect(parseInDialect('visibility=').filters).toEqual([{ kind: 'nothing' }]);
  });

  test.each([
    ['busy', ['saving', 'importing']],
    ['in:busy,saving', ['saving', 'importing']],
    ['saving', []],
  ])('the status %s stands for what it means', (status, values) => {
    expect(parseInDialect(`status=${status}`).filters).toEqual([{ kind: 'text', column: 'status', values }]);
  });

  test('all else means what it always means', () => {
    expect(parseInDialect('name=busy&color=open').filters).toEqual(parse('name=busy&color=open').filters);
  });
});
