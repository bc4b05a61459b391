/**
 * The clouds.yaml with which OpenStack clients find this service.
 */
import { isMap, parseDocument, stringify } from 'yaml';
import { regionId } from './catalog.ts';
import type { CreatedUser } from './first-identity.ts';

const cloudNames = { admin: 'lucarne', demo: 'lucarne-demo' } as const;

const header = `\
# How OpenStack clients reach Lucarne, for example: OS_CLIENT_CONFIG_FILE=<this file> openstack --os-cloud lucarne image list
# The passwords are those of the first start; a changed password must be changed here too.
`;

/**
 * The text of a clouds.yaml with a cloud for each of these users: admin is `lucarne`, another one `lucarne-<name>`.
 * `authUrl` is the URL of the identity service with its version, such as http://127.0.0.1:9292/identity/v3.
 */
export function renderCloudsYaml(authUrl: string, users: readonly CreatedUser[]): string {
  const clouds = Object.fromEntries(users.map((user) => [cloudName(user.name), renderCloud(authUrl, user)]));
  return `${header}${stringify({ clouds }, { lineWidth: 0 })}`;
}

/**
 * The text with another auth_url in the clouds that `renderCloudsYaml` makes; comments, other clouds and everything else
 * stay. The same text when there is nothing to change. Errors: text that is not YAML.
 */
export function updateCloudsYamlUrl(text: string, authUrl: string): string {
  const document = parseDocument(text, { prettyErrors: false });
  const [problem] = document.errors;
  if (problem !== undefined) throw new Error(`clouds.yaml is not valid YAML (${problem.code})`);
  const outdated = Object.values(cloudNames)
    .map((name) => ['clouds', name, 'auth', 'auth_url'])
    .filter((path) => isMap(document.getIn(path.slice(0, -1))) && document.getIn(path) !== authUrl);
  for (const path of outdated) document.setIn(path, authUrl);
  return outdated.length === 0 ? text : document.toString({ lineWidth: 0 });
}

function cloudName(userName: string): string {
  return userName === 'admin' ? cloudNames.admin : `${cloudNames.admin}-${userName}`;
}

function renderCloud(authUrl: string, user: CreatedUser): unknown {
  return {
    auth: {
      auth_url: authUrl,
      username: user.name,
      password: user.password,
      project_name: user.project,
      user_domain_name: 'Default',
      project_domain_name: 'Default',
    },
    region_name: regionId,
    identity_api_version: 3,
    image_api_version: 2,
    interface: 'public',
  };
}
