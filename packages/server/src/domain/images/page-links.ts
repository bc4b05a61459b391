/**
 * The links of a page of images to the first page and to the next. Both repeat the query of the client, re-encoded.
 * Source: contract 02 §9.4. Differs: all values of a repeated parameter are kept.
 */
import { encodeQueryString } from '../../lib/query-string.ts';
import type { QueryPair } from '../../lib/query-string.ts';

export interface PageLinks {
  readonly first: string;
  readonly next?: string;
}

/** `path` is that of the collection; `marker` is where the next page starts, null when this one is the last. */
export function pageLinks(path: string, pairs: readonly QueryPair[], marker: string | null): PageLinks {
  const asked = pairs.filter(([name]) => name !== 'marker');
  const first = withQuery(path, asked);
  return marker === null ? { first } : { first, next: withQuery(path, [...asked, ['marker', marker]]) };
}

/**
 * The id the next page starts behind: that of the last image of a full page, even when nothing follows. Takes the page
 * as the database gave it, before any image was dropped from it.
 */
export function nextMarker(page: readonly { readonly id: string }[], limit: number): string | null {
  return page.length < limit ? null : (page.at(-1)?.id ?? null);
}

function withQuery(path: string, pairs: readonly QueryPair[]): string {
  return pairs.length === 0 ? path : `${path}?${encodeQueryString(pairs)}`;
}
