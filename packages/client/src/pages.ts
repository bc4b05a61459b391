/** Lists that come in pages, item after item. Source: contract 02 §9, 04 §8.2, 09 §4.3. */

interface Page {
  readonly next?: string;
}

interface PagedList<Query, Answer, Item> {
  readonly query: Query;
  readonly list: (query: Query) => Promise<Answer>;
  readonly itemsOf: (page: Answer) => readonly Item[];
}

/** Every item a query finds. The next page is asked for when the last one has been used up, never before. */
export async function* eachItem<Query extends object, Answer extends Page, Item>(
  paged: PagedList<Query, Answer, Item>,
): AsyncGenerator<Item, void> {
  for (let page = await paged.list(paged.query); ;) {
    yield* paged.itemsOf(page);
    const marker = page.next === undefined ? null : markerOf(page.next);
    if (marker === null) return;
    page = await paged.list({ ...paged.query, marker });
  }
}

/**
 * The marker in a link to the next page. Only the marker is taken from the link: Glance's links drop all but the last
 * of repeated parameters, and images without all the wanted tags would follow on the second page.
 */
function markerOf(next: string): string | null {
  return new URL(next, 'http://base').searchParams.get('marker');
}
