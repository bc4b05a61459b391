/** Where the identity API version 3 of a Keystone is. Source: contract 10 §2; 15 §9 */
import type { KeystoneHttp } from './keystone-http.ts';
import { KeystoneTrouble, keystoneUnavailable } from './keystone-failures.ts';

/** Which of the addresses of Keystone is used. */
export interface EndpointChoice {
  /** `public`, `internal`, `admin`; the first of them that the catalog has. */
  readonly interfaces: readonly string[];
  readonly region: string | null;
  /** Used in place of the catalog. */
  readonly override: string | null;
}

/**
 * The address of version 3, without a slash at its end. An address that names the version is taken as it is; else the
 * server is asked, and must offer it. Raises `unavailable` when it does not.
 */
export async function discoverIdentityRoot(http: KeystoneHttp, address: string): Promise<string> {
  const root = address.replace(/\/+$/, '');
  if (root.endsWith('/v3')) return root;
  const answer = await http.ask({ method: 'GET', url: `${root}/`, headers: {} });
  const link = findVersionLink(answer.body);
  if (link === null) {
    throw keystoneUnavailable(new KeystoneTrouble(`${root} does not offer version 3 of the identity API`));
  }
  const target = URL.parse(link, `${root}/`);
  // Behind a proxy Keystone may know itself under another address, which is not for us.
  const isSameServer = target !== null && target.origin === new URL(root).origin;
  return isSameServer ? target.href.replace(/\/+$/, '') : `${root}/v3`;
}

/** The link of the version in a discovery document: a list of versions, or one. */
function findVersionLink(document: unknown): string | null {
  const { version, versions } = recordOf(document);
  const listed = Array.isArray(versions) ? versions : recordOf(versions)['values'];
  const candidates: readonly unknown[] = version === undefined ? (Array.isArray(listed) ? listed : []) : [version];
  const found = candidates.map(recordOf).find(({ id }) => typeof id === 'string' && /^v3(\.|$)/.test(id));
  const links: unknown = found?.['links'];
  const self = Array.isArray(links) ? links.map(recordOf).find(({ rel }) => rel === 'self') : undefined;
  return typeof self?.['href'] === 'string' ? self['href'] : null;
}

/** The address of Keystone in a token's catalog; null when it is not there. */
export function findIdentityAddress(catalog: unknown, { interfaces, region }: EndpointChoice): string | null {
  const services = (Array.isArray(catalog) ? catalog : []).map(recordOf).filter(({ type }) => type === 'identity');
  const endpoints = services.flatMap(({ endpoints: list }) => (Array.isArray(list) ? list : [])).map(recordOf);
  for (const wanted of interfaces) {
    const found = endpoints.find(
      (endpoint) =>
        endpoint['interface'] === wanted &&
        (region === null || endpoint['region_id'] === region || endpoint['region'] === region),
    );
    const url = found?.['url'];
    if (typeof url === 'string' && /^https?:\/\/./i.test(url) && URL.canParse(url)) return url;
  }
  return null;
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  // Whatever is no object has no fields we could ask for.
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
