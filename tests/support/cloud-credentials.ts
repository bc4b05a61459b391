/**
 * What a clouds.yaml knows, as the client package takes it.
 */
import { readFile } from 'node:fs/promises';
import type { PasswordCredentials } from '@lucarne/client/password-auth.ts';
import { parse } from 'yaml';

export type CloudLogin = PasswordCredentials & { readonly authUrl: string };

/** The login of a cloud, `lucarne` for the project admin or `lucarne-demo`. */
export async function loginOfCloud(cloudsYaml: string, cloud: string): Promise<CloudLogin> {
  const document = parse(await readFile(cloudsYaml, 'utf8')) as CloudsDocument;
  const auth = document.clouds[cloud]?.auth;
  if (auth === undefined) throw new Error(`${cloudsYaml} does not know ${cloud}.`);
  return {
    authUrl: auth.auth_url,
    username: auth.username,
    userDomainName: auth.user_domain_name,
    password: auth.password,
    projectName: auth.project_name,
    projectDomainName: auth.project_domain_name,
  };
}

interface CloudsDocument {
  readonly clouds: Readonly<Record<string, { readonly auth: CloudAuth }>>;
}

interface CloudAuth {
  readonly auth_url: string;
  readonly username: string;
  readonly user_domain_name: string;
  readonly password: string;
  readonly project_name: string;
  readonly project_domain_name: string;
}
