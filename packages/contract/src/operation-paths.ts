/**
 * Paths of the Image API: which methods a path has, which path a URL means, which URL a path and its variables make.
 *
 * Source: contract 01 §4. Differs: `Allow` of `/images/{image_id}/locations` names GET too.
 */
import { operations } from './operations.ts';
import type { HttpMethod, OperationPath } from './operations.ts';

const usualMethodOrder: readonly HttpMethod[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

const unusualMethodOrders: ReadonlyMap<OperationPath, readonly HttpMethod[]> = new Map([
  ['/v2/cache/{image_id}', ['DELETE', 'PUT']],
]);

/** Paths where a method they do not have is answered 404, as if the path did not exist, and not 405. */
const pathsWithoutAllow: ReadonlySet<OperationPath> = new Set(['/v2/images/{image_id}/tasks', '/v2/info/usage']);

/** All path templates, each once, in the order of the operation table. */
export const operationPaths: readonly OperationPath[] = [...new Set(operations.map((operation) => operation.path))];

const pathTemplates = operationPaths.map((path) => ({ path, template: path.split('/') }));

/** The methods of a path in the order an `Allow` header lists them; null where any other method is a 404. */
export function allowedMethods(path: OperationPath): readonly HttpMethod[] | null {
  return pathsWithoutAllow.has(path) ? null : methodsOf(path);
}

/** The methods of a path, whether they are told in `Allow` or not. */
export function methodsOf(path: OperationPath): readonly HttpMethod[] {
  const order = unusualMethodOrders.get(path) ?? usualMethodOrder;
  const methods = new Set<HttpMethod>(operations.filter((row) => row.path === path).map((row) => row.method));
  return order.filter((method) => methods.has(method));
}

export interface PathMatch {
  readonly path: OperationPath;
  /** Percent-decoded values by the name of the variable. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * The template a URL's path (no query, `/v2/…`) belongs to; null if there is none, a variable is empty, or its
 * percent-encoding is broken. Fixed segments win over variables: `/v2/cache/clean` is never an image.
 */
export function matchPath(urlPath: string): PathMatch | null {
  const segments = urlPath.split('/');
  let best: { readonly match: PathMatch; readonly variables: number } | null = null;
  for (const { path, template } of pathTemplates) {
    const parameters = matchSegments(template, segments);
    if (parameters === null) continue;
    const variables = Object.keys(parameters).length;
    if (best === null || variables < best.variables) best = { match: { path, parameters }, variables };
  }
  return best?.match ?? null;
}

function matchSegments(template: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (template.length !== segments.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, wanted] of template.entries()) {
    const segment = segments[index] ?? '';
    if (!wanted.startsWith('{')) {
      if (wanted !== segment) return null;
      continue;
    }
    const value = decodeSegment(segment);
    if (value === null || value === '') return null;
    parameters[wanted.slice(1, -1)] = value;
  }
  return parameters;
}

function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

/** The names of the variables in a template, as a union. */
export type PathParameterName<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParameterName<Rest>
  : never;

/** Puts values into a template, percent-encoded; see `fillTemplate` for those it refuses. */
export function expandPath<Path extends OperationPath>(
  path: Path,
  parameters: Readonly<Record<PathParameterName<Path>, string>>,
): string {
  return fillTemplate(path, new Map<string, string>(Object.entries(parameters)));
}

/**
 * Puts values into a template, percent-encoded. Raises `RangeError` for values no URL can carry as one segment: the
 * empty one would name the collection, and `.` and `..` are resolved away, so that deleting the member `..` would mean
 * deleting the image.
 */
export function fillTemplate(path: OperationPath, values: ReadonlyMap<string, string>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values.get(name) ?? '';
    if (value === '' || value === '.' || value === '..') {
      throw new RangeError(`"${value}" cannot stand for ${name} in ${path}.`);
    }
    return encodeURIComponent(value);
  });
}
