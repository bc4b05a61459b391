/**
 * Reads identity.yaml: YAML text in, model out, or one message that says what is wrong and where.
 *
 * Invariant: a message never holds a value of the file, only places and names of keys; values may be secrets.
 */
import { LineCounter, isMap, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { AccessRule } from './access-rules.ts';
import {
  builtinRoleNames,
  defaultDomainId,
  derivedId,
  findByName,
  findDomainByName,
  findRoleByName,
} from './identity-model.ts';
import type {
  ApplicationCredential,
  Domain,
  ExtraValue,
  Grant,
  IdentityModel,
  Project,
  Role,
  Scope,
  User,
} from './identity-model.ts';
import { isUsableSecret } from './secrets.ts';

export interface IdentityDraft {
  readonly document: Document.Parsed;
  readonly model: IdentityModel;
}

export class IdentityFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'IdentityFileError';
  }
}

export const formatVersion = 1;
const minSigningKeyCharacters = 32;

/** Errors: IdentityFileError. */
export function parseIdentity(text: string): IdentityDraft {
  const lines = new LineCounter();
  // prettyErrors quotes the line at fault, which may hold a password.
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new IdentityFileError(`line ${lines.linePos(problem.pos[0]).line}: not valid YAML (${problem.code})`);
  }
  if (!isMap(document.contents)) throw new IdentityFileError('the file must be a mapping with a key "version"');
  return { document, model: readModel(new Entry({ where: '', index: 0 }, readContent(document), rootKeys)) };
}

function readContent(document: Document.Parsed): unknown {
  try {
    return document.toJS();
  } catch {
    throw new IdentityFileError('an alias in the file has no anchor, or there are too many of them');
  }
}

const rootKeys = ['version', 'signing_key', 'domains', 'roles', 'projects', 'users', 'application_credentials'];

function readModel(root: Entry): IdentityModel {
  if (root.value('version') !== formatVersion) throw new IdentityFileError(`version must be ${formatVersion}`);
  const signingKey = root.optionalText('signing_key') ?? undefined;
  if (signingKey !== undefined && signingKey.length < minSigningKeyCharacters) {
    throw new IdentityFileError(`signing_key must have at least ${minSigningKeyCharacters} characters`);
  }
  const domains = readDomains(root);
  const roles = readRoles(root);
  const base = { signingKey, domains, roles, projects: new Map<string, Project>() };
  const projects = readProjects(root, base);
  const users = readUsers(root, { ...base, projects });
  const partial = { ...base, projects, users };
  return { ...partial, applicationCredentials: readApplicationCredentials(root, partial) };
}

type Known<K extends keyof IdentityModel> = Pick<IdentityModel, K>;

function readDomains(root: Entry): ReadonlyMap<string, Domain> {
  const written = root.entries('domains', ['id', 'name', 'description', 'enabled']).map((entry): Domain => {
    const name = entry.text('name');
    return {
      index: entry.index,
      id: entry.optionalText('id') ?? derivedId('domain', '', name),
      name,
      description: entry.optionalText('description') ?? '',
      enabled: entry.flag('enabled', true),
    };
  });
  const builtin = { index: -1, id: defaultDomainId, name: 'Default', description: '', enabled: true };
  const missing = written.some((domain) => domain.id === defaultDomainId) ? [] : [builtin];
  return byUniqueId('domains', [...missing, ...written], (domain) => domain.name);
}

function readRoles(root: Entry): ReadonlyMap<string, Role> {
  const written = root.entries('roles', ['id', 'name', 'description']).map((entry): Role => {
    const name = entry.text('name');
    const id = entry.optionalText('id') ?? derivedId('role', '', name);
    return { index: entry.index, id, name, description: entry.optionalText('description') };
  });
  const names = new Set(written.map((role) => role.name));
  const builtin = builtinRoleNames
    .filter((name) => !names.has(name))
    .map((name): Role => ({ index: -1, id: derivedId('role', '', name), name, description: null }));
  return byUniqueId('roles', [...builtin, ...written], (role) => role.name);
}

const projectKeys = ['id', 'name', 'domain', 'description', 'enabled', 'tags', 'extra'];

function readProjects(root: Entry, known: Known<'domains'>): ReadonlyMap<string, Project> {
  const projects = root.entries('projects', projectKeys).map((entry): Project => {
    const name = entry.text('name');
    const domainId = readDomainReference(entry, 'domain', known);
    return {
      index: entry.index,
      id: entry.optionalText('id') ?? derivedId('project', domainId, name),
      name,
      domainId,
      description: entry.optionalText('description') ?? '',
      enabled: entry.flag('enabled', true),
      tags: entry.texts('tags'),
      extra: entry.extra('extra'),
    };
  });
  return byUniqueId('projects', projects, (project) => `${project.domainId}\0${project.name}`);
}

const userKeys = ['id', 'name', 'domain', 'password', 'description', 'enabled', 'default_project', 'roles', 'extra'];

function readUsers(root: Entry, known: Known<'domains' | 'roles' | 'projects'>): ReadonlyMap<string, User> {
  const users = root.entries('users', userKeys).map((entry): User => {
    const name = entry.text('name');
    const domainId = readDomainReference(entry, 'domain', known);
    const hasDefault = entry.value('default_project') !== undefined;
    return {
      index: entry.index,
      id: entry.optionalText('id') ?? derivedId('user', domainId, name),
      name,
      domainId,
      description: entry.optionalText('description'),
      enabled: entry.flag('enabled', true),
      defaultProjectId: hasDefault ? readProjectReference(entry, 'default_project', { ...known, domainId }) : null,
      password: entry.optionalSecret('password'),
      grants: entry.entries('roles', ['project', 'domain', 'system', 'roles']).map((grant): Grant => {
        const scope = readScope(grant, { ...known, domainId });
        return { index: grant.index, scope, roles: readRoleReferences(grant, known) };
      }),
      extra: entry.extra('extra'),
    };
  });
  return byUniqueId('users', users, (user) => `${user.domainId}\0${user.name}`);
}

const credentialKeys = [
  'id',
  'name',
  'description',
  'user',
  'project',
  'roles',
  'secret',
  'expires_at',
  'unrestricted',
  'access_rules',
];

function readApplicationCredentials(
  root: Entry,
  known: Known<'domains' | 'roles' | 'projects' | 'users'>,
): ReadonlyMap<string, ApplicationCredential> {
  const credentials = root.entries('application_credentials', credentialKeys).map((entry): ApplicationCredential => {
    const userReference = entry.text('user');
    const user = known.users.get(userReference) ?? findByName(known.users, defaultDomainId, userReference);
    if (user === undefined) throw entry.problem('user', 'names no user');
    const secret = entry.optionalSecret('secret');
    if (secret === null) throw entry.problem('secret', 'is missing');
    return {
      index: entry.index,
      id: entry.text('id'),
      name: entry.text('name'),
      description: entry.optionalText('description'),
      userId: user.id,
      projectId: readProjectReference(entry, 'project', { ...known, domainId: user.domainId }),
      roles: readRoleReferences(entry, known),
      secret,
      expiresAt: entry.optionalTime('expires_at'),
      unrestricted: entry.flag('unrestricted', false),
      accessRules: readAccessRules(entry),
    };
  });
  return byUniqueId('application_credentials', credentials, (credential) => `${credential.userId}\0${credential.name}`);
}

function readAccessRules(entry: Entry): AccessRule[] | null {
  if (entry.value('access_rules') === undefined) return null;
  return entry.entries('access_rules', ['id', 'service', 'method', 'path']).map((rule) => ({
    id: rule.text('id'),
    service: rule.text('service'),
    method: rule.text('method'),
    path: rule.text('path'),
  }));
}

function readScope(entry: Entry, known: Known<'domains' | 'projects'> & { domainId: string }): Scope {
  const kinds = ['project', 'domain', 'system'].filter((kind) => entry.value(kind) !== undefined);
  if (kinds.length !== 1) throw entry.problem('', 'needs exactly one of project, domain and system');
  if (kinds[0] === 'project') return { kind: 'project', id: readProjectReference(entry, 'project', known) };
  if (kinds[0] === 'domain') return { kind: 'domain', id: readDomainReference(entry, 'domain', known) };
  if (entry.text('system') !== 'all') throw entry.problem('system', 'must be "all"');
  return { kind: 'system', id: 'all' };
}

function readDomainReference(entry: Entry, key: string, known: Known<'domains'>): string {
  const reference = entry.optionalText(key) ?? defaultDomainId;
  const domain = known.domains.get(reference) ?? findDomainByName(known.domains, reference);
  if (domain === undefined) throw entry.problem(key, 'names no domain');
  return domain.id;
}

function readProjectReference(entry: Entry, key: string, known: Known<'projects'> & { domainId: string }): string {
  const reference = entry.text(key);
  const project = known.projects.get(reference) ?? findByName(known.projects, known.domainId, reference);
  if (project === undefined) throw entry.problem(key, 'names no project (of the same domain, or by id)');
  return project.id;
}

function readRoleReferences(entry: Entry, known: Known<'roles'>): Role[] {
  return entry.texts('roles').map((reference) => {
    const role = known.roles.get(reference) ?? findRoleByName(known.roles, reference);
    if (role === undefined) throw entry.problem('roles', 'names a role that does not exist');
    return role;
  });
}

function byUniqueId<T extends { readonly id: string }>(
  section: string,
  entries: readonly T[],
  nameOf: (entry: T) => string,
): ReadonlyMap<string, T> {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const names = new Set(entries.map(nameOf));
  if (byId.size < entries.length) throw new IdentityFileError(`${section}: two entries have the same id`);
  if (names.size < entries.length) throw new IdentityFileError(`${section}: two entries have the same name`);
  return byId;
}

/** One mapping of the file and the way to it. */
class Entry {
  readonly index: number;
  readonly #where: string;
  readonly #fields: ReadonlyMap<string, unknown>;

  constructor(
    { where, index }: { readonly where: string; readonly index: number },
    content: unknown,
    keys: readonly string[],
  ) {
    this.#where = where;
    this.index = index;
    if (typeof content !== 'object' || content === null || Array.isArray(content)) {
      throw new IdentityFileError(`${where} must be a mapping`);
    }
    // A key without value means the same as no key.
    this.#fields = new Map(Object.entries(content).filter(([, value]) => value !== null));
    const unknown = this.#fields.keys().find((key) => !keys.includes(key));
    if (unknown !== undefined) throw this.problem(unknown, `is not known; possible are ${keys.join(', ')}`);
  }

  problem(key: string, what: string): IdentityFileError {
    const place = this.#where === '' || key === '' ? this.#where + key : `${this.#where}.${key}`;
    return new IdentityFileError(`${place} ${what}`);
  }

  value(key: string): unknown {
    return this.#fields.get(key);
  }

  optionalText(key: string): string | null {
    const value = this.value(key);
    if (value === undefined) return null;
    if (typeof value === 'string') return value;
    throw this.problem(key, 'must be a string; put it in quotes');
  }

  text(key: string): string {
    const value = this.optionalText(key);
    if (value === null || value === '') throw this.problem(key, 'is missing');
    return value;
  }

  optionalSecret(key: string): string | null {
    const value = this.optionalText(key);
    if (value !== null && !isUsableSecret(value)) throw this.problem(key, 'is empty or a damaged hash');
    return value;
  }

  optionalTime(key: string): Date | null {
    const value = this.optionalText(key);
    if (value === null) return null;
    const time = new Date(value);
    if (Number.isNaN(time.getTime())) throw this.problem(key, 'must be a time such as 2030-01-31T12:00:00Z');
    return time;
  }

  flag(key: string, whenMissing: boolean): boolean {
    const value = this.value(key) ?? whenMissing;
    if (typeof value !== 'boolean') throw this.problem(key, 'must be true or false');
    return value;
  }

  texts(key: string): string[] {
    return this.#list(key).map((value) => {
      if (typeof value !== 'string') throw this.problem(key, 'must be a list of strings');
      return value;
    });
  }

  entries(key: string, keys: readonly string[]): Entry[] {
    const where = this.#where === '' ? key : `${this.#where}.${key}`;
    return this.#list(key).map((content, index) => new Entry({ where: `${where}[${index}]`, index }, content, keys));
  }

  extra(key: string): ReadonlyMap<string, ExtraValue> {
    const value = this.value(key) ?? {};
    if (typeof value !== 'object' || value === null) throw this.problem(key, 'must be a mapping');
    return new Map(
      Object.entries(value).map(([name, content]: [string, unknown]) => {
        if (isExtraValue(content)) return [name, content];
        throw this.problem(key, 'may hold strings, numbers, true and false');
      }),
    );
  }

  #list(key: string): unknown[] {
    const value = this.value(key) ?? [];
    if (!Array.isArray(value)) throw this.problem(key, 'must be a list');
    return value;
  }
}

export function isExtraValue(value: unknown): value is ExtraValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
