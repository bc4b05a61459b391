/**
 * Which route a request takes: version negotiation by path or `Accept`, leading slashes, encoded slashes.
 *
 * The minor version in a path is accepted and means nothing: everything behaves as the newest. What no known version
 * begins is answered with the list of versions. Source: contract 01 §2–§4.
 */

/** Routes that only this function leads to; their names cannot be typed as a URL that is left alone. */
export const versionListRoutes = { chooseOne: '/:choose-a-version', all: '/:versions' } as const;
/** Where URLs go whose percent-encoding does not mean UTF-8. */
export const undecodableRoute = '/:undecodable';

/** A route as the router wants it written, which takes a colon for the beginning of a variable. */
export function escaped(route: string): string {
  return route.replace('/:', '/::');
}

export interface RoutingOptions {
  /** Version tokens accepted in this configuration, `v2`, `v2.9`, … */
  readonly acceptedVersions: ReadonlySet<string>;
  /** First path segments of what is mounted beside the API, for example `healthcheck`. */
  readonly mounted: ReadonlySet<string>;
}

const vendorMediaType = 'application/vnd.openstack.images-';

/** The URL to route by, query string included. */
export function routedUrl(url: string, accept: string | undefined, options: RoutingOptions): string {
  // A client may name the whole URL, as it would to a proxy.
  const target = url.replace(/^https?:\/\/[^/?]*/i, '');
  const queryStart = target.indexOf('?');
  const rawPath = queryStart === -1 ? target : target.slice(0, queryStart);
  const query = queryStart === -1 ? '' : target.slice(queryStart);
  // The router takes a bare `#` for the end of the path, and whoever looks at all of it must not be told otherwise.
  const path = rawPath.replace(/^\/*/, '/').replace(/%2f/gi, '/').replaceAll('#', '%23');
  const [, first = ''] = path.split('/', 2);
  if (options.mounted.has(first)) return path + query;
  if (first === 'versions') return versionListRoutes.all;
  if (accept?.startsWith(vendorMediaType) === true) {
    const wanted = accept.slice(vendorMediaType.length);
    return options.acceptedVersions.has(wanted) ? apiUrl(path, query) : versionListRoutes.chooseOne;
  }
  if (!options.acceptedVersions.has(first)) return versionListRoutes.chooseOne;
  return apiUrl(path.slice(1 + first.length), query);
}

function apiUrl(path: string, query: string): string {
  try {
    decodeURIComponent(path);
  } catch {
    return undecodableRoute;
  }
  return `/v2${path}${query}`;
}

/**
 * The path of a routed URL, percent-encoded where it has to be and nowhere else: the form in which rules about paths are
 * written, whatever the client has encoded. Source: contract 10 §2
 */
export function plainPath(url: string): string {
  const [path = ''] = url.split('?', 1);
  try {
    return encodeURI(decodeURIComponent(path)).replaceAll('?', '%3F').replaceAll('#', '%23');
  } catch {
    return path;
  }
}
