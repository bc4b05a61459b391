/**
 * What tests set up in a real Keystone: projects, users, roles, application credentials, the catalog and limits.
 */
import { writeFile } from 'node:fs/promises';

export interface Login {
  readonly userName: string;
  readonly password: string;
  /** Default: `Default`. */
  readonly userDomainName?: string;
  /** Where the token is good: nowhere in particular when none of them is set. */
  readonly projectName?: string;
  /** Default: `Default`. */
  readonly projectDomainName?: string;
  readonly domainName?: string;
  readonly system?: 'all';
}

export interface Token {
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>> & { readonly expires_at: string };
}

export interface Created {
  readonly id: string;
  readonly name: string;
}

export interface AccessRule {
  readonly service: string;
  readonly method: string;
  readonly path: string;
}

export interface ApplicationCredential extends Created {
  readonly secret: string;
}

export interface KeystoneAdmin {
  /** A call in the name of the administrator of the system, or with the token given. Throws unless the status is 2xx. */
  call(method: string, path: string, body?: unknown, token?: string): Promise<unknown>;
  /** Throws what Keystone says when it refuses. */
  token(login: Login): Promise<Token>;
  revoke(token: string): Promise<void>;
  createDomain(name: string): Promise<Created>;
  createProject(name: string, domainId?: string): Promise<Created>;
  createUser(name: string, password: string, domainId?: string): Promise<Created>;
  /** The role of that name, created if need be. */
  role(name: string): Promise<Created>;
  /** `on`: a project, a domain, or the whole system. */
  assign(userId: string, roleName: string, on: { projectId: string } | { domainId: string } | 'system'): Promise<void>;
  /** A user with roles in a project, and its login. */
  createMember(name: string, project: Created, roles: readonly string[]): Promise<{ user: Created; login: Login }>;
  /** One of the user whose token it is. */
  createApplicationCredential(
    token: Token,
    name: string,
    about?: { readonly accessRules?: readonly AccessRule[]; readonly roles?: readonly string[] },
  ): Promise<ApplicationCredential>;
  /** Enters the image service into the catalog, or corrects its address. Gives the ids of the service and its region. */
  publishImageService(url: string): Promise<{ readonly serviceId: string; readonly endpointId: string }>;
  /** The limit of every project, such as `image_size_total`; one that is there already is changed. */
  registerLimit(serviceId: string, resource: string, limit: number): Promise<void>;
  /** The limit of one project, of a registered one; one that is there already is changed. */
  limitProject(serviceId: string, projectId: string, resource: string, limit: number): Promise<void>;
}

export interface KeystoneAdminOptions {
  readonly authUrl: string;
  readonly password: string;
  readonly region: string;
}

interface Listed {
  readonly id: string;
  readonly name?: string;
  readonly project_id?: string | null;
}

export async function openKeystoneAdmin({ authUrl, password, region }: KeystoneAdminOptions): Promise<KeystoneAdmin> {
  let own = await logIn(authUrl, { userName: 'admin', password, system: 'all' });

  async function ownToken(): Promise<string> {
    if (Date.parse(own.body.expires_at) - Date.now() < 2_000) {
      own = await logIn(authUrl, { userName: 'admin', password, system: 'all' });
    }
    return own.id;
  }
  async function call(method: string, path: string, body?: unknown, token?: string): Promise<unknown> {
    return send(`${authUrl}${path}`, { method, body, token: token ?? (await ownToken()) });
  }
  async function create(kind: string, plural: string, body: Readonly<Record<string, unknown>>): Promise<Created> {
    return ((await call('POST', `/${plural}`, { [kind]: body })) as Readonly<Record<string, Created>>)[kind] as Created;
  }
  async function list(plural: string, query: string): Promise<readonly Listed[]> {
    return ((await call('GET', `/${plural}?${query}`)) as Readonly<Record<string, Listed[]>>)[plural] ?? [];
  }
  async function role(name: string): Promise<Created> {
    const [known] = await list('roles', `name=${name}`);
    return known === undefined ? create('role', 'roles', { name }) : { id: known.id, name };
  }
  async function assign(userId: string, roleName: string, on: { projectId: string } | { domainId: string } | 'system') {
    const { id } = await role(roleName);
    const place =
      on === 'system' ? 'system' : 'projectId' in on ? `projects/${on.projectId}` : `domains/${on.domainId}`;
    await call('PUT', `/${place}/users/${userId}/roles/${id}`);
  }

  await role('service');
  return {
    call,
    token: (login) => logIn(authUrl, login),
    revoke: async (token) => {
      await send(`${authUrl}/auth/tokens`, { method: 'DELETE', token, subject: token });
    },
    createDomain: (name) => create('domain', 'domains', { name }),
    createProject: (name, domainId = 'default') => create('project', 'projects', { name, domain_id: domainId }),
    createUser: (name, secret, domainId = 'default') =>
      create('user', 'users', { name, password: secret, domain_id: domainId }),
    role,
    assign,
    async createMember(name, project, roles) {
      const secret = `password-of-${name}`;
      const user = await create('user', 'users', { name, password: secret, domain_id: 'default' });
      for (const roleName of roles) await assign(user.id, roleName, { projectId: project.id });
      return { user, login: { userName: name, password: secret, projectName: project.name } };
    },
    async createApplicationCredential(token, name, about = {}) {
      const { user } = token.body as { readonly user?: { readonly id: string } };
      const body = {
        name,
        ...(about.roles === undefined ? {} : { roles: about.roles.map((roleName) => ({ name: roleName })) }),
        ...(about.accessRules === undefined ? {} : { access_rules: about.accessRules }),
      };
      const path = `/users/${user?.id}/application_credentials`;
      const answer = await call('POST', path, { application_credential: body }, token.id);
      return (answer as { readonly application_credential: ApplicationCredential }).application_credential;
    },
    async publishImageService(url) {
      const [known] = await list('services', 'type=image');
      const service = known ?? (await create('service', 'services', { name: 'glance', type: 'image' }));
      for (const { id } of await list('endpoints', `service_id=${service.id}`))
        await call('DELETE', `/endpoints/${id}`);
      const ids: string[] = [];
      for (const kind of ['public', 'internal', 'admin']) {
        const body = { interface: kind, region_id: region, service_id: service.id, url };
        ids.push((await create('endpoint', 'endpoints', body)).id);
      }
      return { serviceId: service.id, endpointId: ids[0] ?? '' };
    },
    async registerLimit(serviceId, resource, limit) {
      const query = `service_id=${serviceId}&region_id=${region}&resource_name=${resource}`;
      const [known] = await list('registered_limits', query);
      if (known !== undefined) {
        await call('PATCH', `/registered_limits/${known.id}`, { registered_limit: { default_limit: limit } });
        return;
      }
      const body = { service_id: serviceId, region_id: region, resource_name: resource, default_limit: limit };
      await call('POST', '/registered_limits', { registered_limits: [body] });
    },
    async limitProject(serviceId, projectId, resource, limit) {
      const query = `service_id=${serviceId}&region_id=${region}&resource_name=${resource}&project_id=${projectId}`;
      const known = (await list('limits', query)).find((each) => each.project_id === projectId);
      if (known !== undefined) {
        await call('PATCH', `/limits/${known.id}`, { limit: { resource_limit: limit } });
        return;
      }
      const body = { service_id: serviceId, region_id: region, resource_name: resource, resource_limit: limit };
      await call('POST', '/limits', { limits: [{ ...body, project_id: projectId }] });
    },
  };
}

/** A clouds.yaml with one cloud a login, by the names given. */
export async function writeCloudsYaml(
  file: string,
  about: { readonly authUrl: string; readonly region: string },
  clouds: Readonly<Record<string, Login | ApplicationCredential>>,
): Promise<void> {
  const entries = Object.entries(clouds).map(([name, login]) => [
    name,
    {
      ...('secret' in login ? { auth_type: 'v3applicationcredential' } : {}),
      auth: { auth_url: about.authUrl, ...authOf(login) },
      region_name: about.region,
      identity_api_version: '3',
    },
  ]);
  // JSON is YAML.
  await writeFile(file, JSON.stringify({ clouds: Object.fromEntries(entries) }, null, 2), { mode: 0o600 });
}

function authOf(login: Login | ApplicationCredential): Readonly<Record<string, string>> {
  if ('secret' in login) {
    return { application_credential_id: login.id, application_credential_secret: login.secret };
  }
  return {
    username: login.userName,
    password: login.password,
    user_domain_name: login.userDomainName ?? 'Default',
    ...(login.projectName === undefined
      ? {}
      : { project_name: login.projectName, project_domain_name: login.projectDomainName ?? 'Default' }),
    ...(login.domainName === undefined ? {} : { domain_name: login.domainName }),
    ...(login.system === undefined ? {} : { system_scope: login.system }),
  };
}

async function logIn(authUrl: string, login: Login): Promise<Token> {
  const user = { name: login.userName, password: login.password, domain: { name: login.userDomainName ?? 'Default' } };
  const scope = scopeOf(login);
  const auth = { identity: { methods: ['password'], password: { user } }, ...(scope === null ? {} : { scope }) };
  const answer = await fetch(`${authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth }),
  });
  if (!answer.ok) throw new Error(`Keystone answers a login with ${answer.status}: ${await answer.text()}`);
  const document = (await answer.json()) as { readonly token: Token['body'] };
  return { id: answer.headers.get('x-subject-token') ?? '', body: document.token };
}

function scopeOf(login: Login): unknown {
  if (login.projectName !== undefined) {
    return { project: { name: login.projectName, domain: { name: login.projectDomainName ?? 'Default' } } };
  }
  if (login.domainName !== undefined) return { domain: { name: login.domainName } };
  return login.system === undefined ? null : { system: { all: true } };
}

interface Sent {
  readonly method: string;
  readonly body?: unknown;
  readonly token: string;
  readonly subject?: string;
}

async function send(url: string, { method, body, token, subject }: Sent): Promise<unknown> {
  const answer = await fetch(url, {
    method,
    headers: {
      'x-auth-token': token,
      'content-type': 'application/json',
      ...(subject === undefined ? {} : { 'x-subject-token': subject }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`Keystone answers ${method} ${new URL(url).pathname} with ${answer.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
