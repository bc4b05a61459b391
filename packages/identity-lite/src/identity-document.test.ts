import { describe, expect, test } from 'vitest';
import { parseIdentity } from './identity-document.ts';
import { derivedId } from './identity-model.ts';

const key = 'k'.repeat(32);

describe('parseIdentity', () => {
  test('has the default domain and the built-in roles without a word about them', () => {
    const { model } = parseIdentity('version: 1\n');
    expect(model.domains.get('default')).toMatchObject({ name: 'Default', enabled: true });
    expect([...model.roles.values()].map((role) => role.name)).toEqual(['admin', 'member', 'reader', 'service']);
  });

  test('derives the ids that are left out from kind, domain and name', () => {
    const text = 'version: 1\nprojects: [{ name: p }]\nusers: [{ name: u, default_project: p }]\n';
    const { model } = parseIdentity(text);
    expect([...model.projects.keys()]).toEqual([derivedId('project', 'default', 'p')]);
    expect([...model.users.values()][0]).toMatchObject({
      id: derivedId('user', 'default', 'u'),
      defaultProjectId: derivedId('project', 'default', 'p'),
      password: null,
    });
  });

  test('finds a project by id in any domain and by name in the domain of the user', () => {
    const domains = 'domains: [{ id: d, name: D }]';
    const projects = 'projects: [{ id: p1, name: p }, { id: p2, name: p, domain: D }]';
    const users = 'users: [{ name: u, domain: d, roles: [{ project: p, roles: [] }, { project: p1, roles: [] }] }]';
    const { model } = parseIdentity(['version: 1', domains, projects, users].join('\n'));
    expect([...model.users.values()][0]?.grants.map((grant) => grant.scope.id)).toEqual(['p2', 'p1']);
  });

  test.each([
    ['', 'the file must be a mapping with a key "version"'],
    ['- a', 'the file must be a mapping with a key "version"'],
    ['version: 2', 'version must be 1'],
    ['version: 1\nsigning_key: short', 'signing_key must have at least 32 characters'],
    ['version: 1\nuser: []', 'user is not known; possible are version, signing_key, domains, '],
    ['version: 1\nusers: 5', 'users must be a list'],
    ['version: 1\nusers: [a]', 'users[0] must be a mapping'],
    ['version: 1\nusers: [{ pasword: x }]', 'users[0].pasword is not known; possible are id, name, '],
    ['version: 1\nusers: [{ enabled: true }]', 'users[0].name is missing'],
    ['version: 1\nusers: [{ name: u, enabled: maybe }]', 'users[0].enabled must be true or false'],
    ['version: 1\nusers: [{ name: u, password: 1234 }]', 'users[0].password must be a string; put it in quotes'],
    ['version: 1\nusers: [{ name: u, password: "scrypt$x" }]', 'users[0].password is empty or a damaged hash'],
    ['version: 1\nusers: [{ name: u, roles: [{ roles: [] }] }]', 'users[0].roles[0] needs exactly one of project, '],
    ['version: 1\nusers: [{ name: u, roles: [{ project: p }] }]', 'users[0].roles[0].project names no project'],
    ['version: 1\nusers: [{ name: u, roles: [{ system: x }] }]', 'users[0].roles[0].system must be "all"'],
    [
      'version: 1\nusers: [{ name: u, roles: [{ system: all, roles: [x] }] }]',
      'users[0].roles[0].roles names a role that does not exist',
    ],
    ['version: 1\nusers: [{ name: u }, { name: u }]', 'users: two entries have the same id'],
    ['version: 1\nusers: [{ name: u, id: 1a }, { name: u }]', 'users: two entries have the same name'],
    ['version: 1\nusers: [{ name: u, extra: { a: [] } }]', 'users[0].extra may hold strings, numbers, true and false'],
    ['version: 1\nprojects: [{ name: p, domain: x }]', 'projects[0].domain names no domain'],
    ['version: 1\napplication_credentials: [{ user: u }]', 'application_credentials[0].user names no user'],
    ['version: 1\nusers: *nobody', 'an alias in the file has no anchor'],
    [`version: 1\nsigning_key: ${key}\nusers:\n  - {`, 'line 4: not valid YAML'],
  ])('refuses %j: %s', (text, message) => {
    expect(() => parseIdentity(text)).toThrow(message);
  });

  test('never quotes the file, which holds secrets', () => {
    const texts = [
      'users:\n  - password: "topsecret\n',
      'version: 1\nusers: [{ name: u, password: topsecret, password: topsecret }]',
      'version: 1\nusers: topsecret',
      'version: 1\nusers: [topsecret]',
      'version: 1\nusers: [{ name: u, roles: [{ project: topsecret }] }]',
    ];
    for (const text of texts) expect(() => parseIdentity(text)).not.toThrow(/topsecret/);
    for (const text of texts) expect(() => parseIdentity(text)).toThrow();
  });
});
