/**
 * Finds the image service of a region in the service catalog of a token. Catalogs come in two shapes: an endpoint an
 * interface (Identity v3), or an endpoint a region with one URL for each interface, as identity headers have it.
 * Source: contract 04 §5, 10 §3.
 */
import { quoteForMessage } from '../text-rules.ts';
import { badRequest } from '../errors.ts';

export interface EndpointChoice {
  readonly region: string;
  /** `public`, `internal` or `admin`. */
  readonly serviceInterface: string;
}

type Entry = Readonly<Record<string, unknown>>;

/** URL of the image service, without a version and a slash at its end. None raises `badRequest`. */
export function findImageEndpoint(catalog: unknown, { region, serviceInterface }: EndpointChoice): string {
  if (!Array.isArray(catalog)) {
    throw badRequest('The token came without a service catalog, so the other region cannot be found.');
  }
  const endpoints = entriesOf(catalog)
    .filter(({ type }) => type === 'image')
    .flatMap((service) => entriesOf(service['endpoints']));
  const inRegion = endpoints.filter((endpoint) => (endpoint['region_id'] ?? endpoint['region']) === region);
  for (const endpoint of inRegion) {
    const url = urlOf(endpoint, serviceInterface);
    if (url !== null) return url.replace(/\/+$/, '').replace(/\/v2(?:\.[0-9]+)?$/, '');
  }
  throw badRequest(
    `The service catalog of the token has no ${quoteForMessage(serviceInterface)} image service in region ` +
      `${quoteForMessage(region)}.`,
  );
}

function urlOf(endpoint: Entry, serviceInterface: string): string | null {
  const url = endpoint['interface'] === serviceInterface ? endpoint['url'] : endpoint[`${serviceInterface}URL`];
  return typeof url === 'string' && url !== '' ? url : null;
}

function entriesOf(value: unknown): readonly Entry[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  return items.flatMap((item) => (typeof item === 'object' && item !== null ? [{ ...item }] : []));
}
