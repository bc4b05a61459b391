import { describe, expect, test } from 'vitest';
import { parseDatabaseUrl } from './database-url.ts';

describe('parseDatabaseUrl', () => {
  test.each([
    ['sqlite:///glance.db', '/srv/glance.db'],
    ['sqlite:///data/glance.db', '/srv/data/glance.db'],
    ['sqlite:////var/lib/glance.db', '/var/lib/glance.db'],
    ['sqlite+pysqlite:////var/lib/glance.db?timeout=30', '/var/lib/glance.db'],
    ['sqlite://', ':memory:'],
    ['sqlite:///:memory:', ':memory:'],
  ])('reads %s as the file %s', (text, path) => {
    expect(parseDatabaseUrl(text, '/srv')).toEqual({ url: { dialect: 'sqlite', path } });
  });

  test('reads a MySQL URL with driver, encoded password and parameters', () => {
    expect(parseDatabaseUrl('mysql+pymysql://gl%40nce:p%2Fa%3As@db:3307/glance?charset=utf8', '/srv')).toEqual({
      url: {
        dialect: 'mysql',
        host: 'db',
        port: 3307,
        user: 'gl@nce',
        password: 'p/a:s',
        database: 'glance',
        parameters: new Map([['charset', 'utf8']]),
      },
    });
  });

  test('reads a PostgreSQL URL with an IPv6 address and without credentials', () => {
    expect(parseDatabaseUrl('postgresql://[::1]/glance', '/srv')).toEqual({
      url: {
        dialect: 'postgresql',
        host: '::1',
        port: null,
        user: null,
        password: null,
        database: 'glance',
        parameters: new Map(),
      },
    });
  });

  test.each([
    ['glance.db', /not a database URL/],
    ['sqlite:glance.db', /not a database URL/],
    ['oracle://u:hunter2@db/glance', /"oracle" is not a known kind of database/],
    ['sqlite://hunter2/glance.db', /has no host/],
    ['mysql://u:hunter2%zz@db/glance', /write %25/],
    ['mysql://u:hunter2@db:x/y/z', /not of the form mysql:\/\/user:password@host:port\/database/],
  ])('refuses %s without telling its secrets', (text, wrong) => {
    const parsed = parseDatabaseUrl(text, '/srv');
    expect(parsed).toEqual({ wrong: expect.stringMatching(wrong) });
    expect(JSON.stringify(parsed)).not.toContain('hunter2');
  });
});
