/**
 * What a new identity.yaml holds: one domain, two projects, and a user for each with a random password.
 */
import { Document, stringify } from 'yaml';
import { formatVersion } from './identity-document.ts';
import { builtinRoleNames, defaultDomainId, derivedId } from './identity-model.ts';
import { generateId, generateSecret, hashSecret } from './secrets.ts';

export interface CreatedUser {
  readonly name: string;
  /** In clear; it is kept nowhere else. */
  readonly password: string;
  readonly project: string;
  readonly roles: readonly string[];
}

export interface FirstIdentity {
  readonly text: string;
  readonly users: readonly CreatedUser[];
}

const header = `\
# Users, projects and roles of Lucarne's pocket identity service: for a laptop and for tests.
# Changes made here are noticed within a second, without a restart. Keep the file private: with signing_key anybody
# can make tokens. A new signing_key ends all tokens.
#
# Passwords are kept as scrypt hashes. To set one by hand write it in plain, in quotes:
#     password: "my password"
# An id may be left out; one is then derived from the name, so it stays the same as long as the name does.
# "project", "domain" and "default_project" take an id or a name. The role admin includes member, member includes reader.
# For the whole system instead of a project:  roles: [{ system: all, roles: [admin] }]
`;

export async function createFirstIdentity(): Promise<FirstIdentity> {
  const users: CreatedUser[] = [
    { name: 'admin', password: generateSecret(), project: 'admin', roles: ['admin', 'member', 'reader'] },
    { name: 'demo', password: generateSecret(), project: 'demo', roles: ['member', 'reader'] },
  ];
  const content = {
    version: formatVersion,
    signing_key: generateSecret() + generateSecret(),
    domains: [{ id: defaultDomainId, name: 'Default', description: 'The default domain' }],
    roles: builtinRoleNames.map((name) => ({ id: derivedId('role', '', name), name })),
    projects: users.map(({ project }) => ({ id: generateId(), name: project, description: '' })),
    users: await Promise.all(users.map(renderUser)),
  };
  return { text: `${header}\n${stringify(content, { lineWidth: 0 })}`, users };
}

async function renderUser(user: CreatedUser): Promise<unknown> {
  return {
    id: generateId(),
    name: user.name,
    password: await hashSecret(user.password),
    roles: [{ project: user.project, roles: new Document().createNode(user.roles, { flow: true }) }],
  };
}
