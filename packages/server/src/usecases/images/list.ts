/**
 * Lists images, one page. Source: contract 02 §9, §12.
 * Differs: a filter by a property that the caller may not read finds nothing, whatever its value.
 */
import { badRequest } from '../../domain/errors.ts';
import type { Image } from '../../domain/images/image.ts';
import { parseListParameters } from '../../domain/images/list-parameters.ts';
import type { ListDialect } from '../../domain/images/list-parameters.ts';
import { nextMarker, pageLinks } from '../../domain/images/page-links.ts';
import type { PageLinks } from '../../domain/images/page-links.ts';
import { imageTarget, callerProjectTarget } from '../../domain/policy/image-target.ts';
import { readableFilters, readableImage } from '../../domain/property-protections/property-rights.ts';
import type { PropertyRights } from '../../domain/property-protections/property-rights.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import type { QueryPair } from '../../lib/query-string.ts';
import { authorize } from '../authorization.ts';
import { findPropertyRights } from '../property-rights.ts';
import type { ServiceParts } from '../service-parts.ts';

type Parts = Pick<ServiceParts, 'images' | 'policy' | 'protections' | 'limits'>;

export interface ImagePage {
  readonly images: readonly Image[];
  readonly links: PageLinks;
}

export async function listImages(
  parts: Parts,
  context: RequestContext,
  input: { readonly path: string; readonly query: readonly QueryPair[]; readonly dialect?: ListDialect | null },
): Promise<ImagePage> {
  const query = parseListParameters(input.query, context, {
    ...parts.limits,
    dialect: input.dialect ?? null,
  });
  await authorize(parts, context, { rule: 'get_images', target: callerProjectTarget(context) });
  if (query.marker !== null && (await parts.images.findMarker(context, query.marker)) === 'unknown') {
    throw badRequest(`The marker ${query.marker} is not an image a list can continue from.`);
  }
  const rights = await findPropertyRights(parts, context);
  const page = await parts.images.list({ ...query, filters: readableFilters(query.filters, rights) });
  const links = pageLinks(input.path, input.query, nextMarker(page, query.limit));
  return { images: await readable(parts, context, { page, rights }), links };
}

/** Leaves out the images and properties that the caller may not read. */
async function readable(
  parts: Parts,
  context: RequestContext,
  { page, rights }: { readonly page: readonly Image[]; readonly rights: PropertyRights },
): Promise<readonly Image[]> {
  const engine = parts.policy.current();
  const images: Image[] = [];
  for (const image of page) {
    const allowed = engine.allows(context, 'get_image', imageTarget(image, context));
    // Only a rule that asks a server needs to be waited for.
    if (typeof allowed === 'boolean' ? allowed : await allowed) images.push(readableImage(image, rights));
  }
  return images;
}
