/**
 * The pocket identity as the service uses it: a source of callers, a mount at `/identity`, and a `clouds.yaml` that
 * lets every OpenStack client log in.
 */
import { accessRulesAllow } from '@lucarne/identity-lite/access-rules.ts';
import { renderCloudsYaml, updateCloudsYamlUrl } from '@lucarne/identity-lite/clouds-yaml.ts';
import { renderCatalog } from '@lucarne/identity-lite/catalog.ts';
import { openPocketIdentity } from '@lucarne/identity-lite/pocket-identity.ts';
import type { PocketIdentity } from '@lucarne/identity-lite/pocket-identity.ts';
import type { TokenDescription } from '@lucarne/identity-lite/token-description.ts';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from '../http/open-routes.ts';
import type { CallerClaims, IdentitySource } from '../ports/identity-source.ts';

export interface MountedPocketIdentity {
  readonly source: IdentitySource;
  readonly mount: Mount;
  /** Corrects `clouds.yaml` for the address the service listens on. Gives its path, or null when there is none. */
  publish(baseUrl: string): Promise<string | null>;
}

const prefix = 'identity';

/** `baseUrl`: the address as configured; `publish` corrects what it becomes. */
export async function mountPocketIdentity(
  dataDirectory: string,
  baseUrl: string,
  report: (problem: string) => void,
): Promise<MountedPocketIdentity> {
  const identity = await openPocketIdentity({ directory: join(dataDirectory, 'identity'), report });
  const cloudsFile = join(dataDirectory, 'clouds.yaml');
  // At once: the passwords are known now and never again, whatever happens to the rest of the start.
  if (identity.created !== null) {
    await writeSecretly(cloudsFile, renderCloudsYaml(authUrlOf(baseUrl), identity.created.users));
  }
  return {
    source: pocketSource(identity),
    mount: { prefix, handle: (request) => identity.handle({ ...request, mountPath: `/${prefix}` }) },
    publish: async (url) => ((await correct(cloudsFile, authUrlOf(url))) ? cloudsFile : null),
  };
}

function authUrlOf(baseUrl: string): string {
  return `${baseUrl}/${prefix}/v3`;
}

/** False when a person has moved the file away; then there is nothing to correct. */
async function correct(cloudsFile: string, authUrl: string): Promise<boolean> {
  if (!existsSync(cloudsFile)) return false;
  const text = await readFile(cloudsFile, 'utf8');
  const corrected = updateCloudsYamlUrl(text, authUrl);
  if (corrected !== text) await writeSecretly(cloudsFile, corrected);
  return true;
}

async function writeSecretly(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  await writeFile(temporary, text, { mode: 0o600, flush: true });
  await rename(temporary, path);
}

function pocketSource(identity: PocketIdentity): IdentitySource {
  const validate = (token: string) => identity.validate(token, { enforcesAccessRules: true });
  return {
    challenge: (baseUrl) => `Keystone uri="${baseUrl}/${prefix}"`,
    refusal: 'page',
    async identify({ headers, method, path, baseUrl }) {
      const sent = headers['x-auth-token'] ?? headers['x-storage-token'];
      const text = typeof sent === 'string' ? sent.trim() : '';
      const token = validate(text);
      if (token === undefined) return null;
      const rules = token.applicationCredential?.accessRules ?? null;
      if (rules !== null && !accessRulesAllow(rules, { service: 'image', method, path })) return null;
      const service = headers['x-service-token'];
      const serviceToken = typeof service === 'string' ? validate(service.trim()) : undefined;
      const catalog = () => renderCatalog({ baseUrl, mountUrl: `${baseUrl}/${prefix}` });
      return { ...claimsOf(token, serviceToken), access: { token: () => text, catalog } };
    },
  };
}

function claimsOf(token: TokenDescription, service: TokenDescription | undefined): CallerClaims {
  return {
    userId: token.user.id,
    userDomainId: token.user.domain.id,
    projectId: token.project?.id ?? null,
    projectDomainId: token.project?.domain.id ?? null,
    domainId: token.domain?.id ?? null,
    systemScope: token.system,
    roles: token.roles.map((role) => role.name.toLowerCase()),
    serviceRoles: service?.roles.map((role) => role.name) ?? [],
    serviceUserId: service?.user.id ?? null,
    serviceUserDomainId: service?.user.domain.id ?? null,
    serviceProjectId: service?.project?.id ?? null,
    serviceProjectDomainId: service?.project?.domain.id ?? null,
    isAdminProject: true,
    readOnly: false,
    names: { user_name: token.user.name, project_name: token.project?.name ?? '' },
  };
}
