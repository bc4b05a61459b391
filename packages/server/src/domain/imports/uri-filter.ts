/**
 * Which URLs may be imported from, as far as their text says. Whether the addresses behind a name may be connected to
 * is decided when the connection is made. Source: contract 04 §3.
 *
 * Differs: what the file header of `web-urls.ts` tells is refused besides, and so are credentials, because the URL is
 * kept with the task; a dot at the end of a name does not get around a list.
 */
import { badRequest } from '../errors.ts';
import { comparableHost, parseWebUrl, urlForMessage } from './web-urls.ts';
import type { WebUrl } from './web-urls.ts';

/** Lists as in `[import_filtering_opts]`. Of each pair the first alone counts, unless it is empty. */
export interface ImportUriFilter {
  readonly allowedSchemes: readonly string[];
  readonly disallowedSchemes: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly disallowedHosts: readonly string[];
  readonly allowedPorts: readonly number[];
  readonly disallowedPorts: readonly number[];
}

/**
 * Raises `badRequest` with the reason when nothing may be imported from a URL; else gives its parts. A port is looked
 * at only where the URL names one.
 */
export function checkImportUri(filter: ImportUriFilter, uri: string): WebUrl {
  const url = parseWebUrl(uri);
  const shown = urlForMessage(uri);
  if (url.credentials !== null) throw badRequest(`${shown} is refused: it carries credentials, which would be kept.`);
  if (!isAllowed(url.scheme, lower(filter.allowedSchemes), lower(filter.disallowedSchemes))) {
    throw badRequest(`${shown} is refused: imports over ${url.scheme} are not allowed here.`);
  }
  const host = comparableHost(url.host);
  if (!isAllowed(host, filter.allowedHosts.map(comparableHost), filter.disallowedHosts.map(comparableHost))) {
    throw badRequest(`${shown} is refused: imports from the host ${url.host} are not allowed here.`);
  }
  if (url.port !== null && !isAllowed(url.port, filter.allowedPorts, filter.disallowedPorts)) {
    throw badRequest(`${shown} is refused: imports from port ${url.port} are not allowed here.`);
  }
  return url;
}

function isAllowed<T>(value: T, allowed: readonly T[], disallowed: readonly T[]): boolean {
  return allowed.length > 0 ? allowed.includes(value) : !disallowed.includes(value);
}

function lower(words: readonly string[]): readonly string[] {
  return words.map((word) => word.trim().toLowerCase());
}
