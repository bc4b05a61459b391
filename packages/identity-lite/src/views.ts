/**
 * Entries of the model as Keystone shows them. `url` is that of the v3 API, for links. Secrets are never part of them.
 */
import { named } from './token-description.ts';
import type { ApplicationCredential, Domain, Project, Role, User } from './identity-model.ts';

/** Microseconds and Z, the form Keystone clients know. */
export function renderTime(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}

export function renderDomain(domain: Domain, url: string): unknown {
  const { id, name, description, enabled } = domain;
  return { id, name, description, enabled, tags: [], options: {}, links: { self: `${url}/domains/${id}` } };
}

export function renderProject(project: Project, url: string): unknown {
  return {
    ...Object.fromEntries(project.extra),
    id: project.id,
    name: project.name,
    domain_id: project.domainId,
    // Every project is at the top of its domain.
    parent_id: project.domainId,
    description: project.description,
    enabled: project.enabled,
    is_domain: false,
    tags: project.tags,
    options: {},
    links: { self: `${url}/projects/${project.id}` },
  };
}

export function renderUser(user: User, url: string): unknown {
  return {
    ...Object.fromEntries(user.extra),
    id: user.id,
    name: user.name,
    domain_id: user.domainId,
    enabled: user.enabled,
    ...(user.description === null ? {} : { description: user.description }),
    ...(user.defaultProjectId === null ? {} : { default_project_id: user.defaultProjectId }),
    password_expires_at: null,
    options: {},
    links: { self: `${url}/users/${user.id}` },
  };
}

export function renderRole(role: Role, url: string): unknown {
  const { id, name, description } = role;
  return { id, name, description, domain_id: null, options: {}, links: { self: `${url}/roles/${id}` } };
}

export function renderApplicationCredential(credential: ApplicationCredential, url: string): object {
  const { accessRules } = credential;
  return {
    id: credential.id,
    name: credential.name,
    description: credential.description,
    user_id: credential.userId,
    project_id: credential.projectId,
    roles: credential.roles.map((role) => ({ ...named(role), domain_id: null })),
    expires_at: credential.expiresAt === null ? null : renderTime(credential.expiresAt),
    unrestricted: credential.unrestricted,
    system: null,
    ...(accessRules === null ? {} : { access_rules: accessRules }),
    links: { self: `${url}/users/${credential.userId}/application_credentials/${credential.id}` },
  };
}
