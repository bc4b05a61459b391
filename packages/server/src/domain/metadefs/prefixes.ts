/**
 * Names of properties as they are called on a resource: with the prefix of its type. Source: contract 09 §4.4, §5.
 */
import { notFound } from '../errors.ts';
import { quoteForMessage } from '../text-rules.ts';
import type { NamespaceContents } from './metadefs.ts';

/** Every name of a property, in the namespace and in its objects, with the prefix in front. */
export function withPrefix(contents: NamespaceContents, prefix: string): NamespaceContents {
  const prefixed = <Value>(properties: ReadonlyMap<string, Value>) =>
    new Map(Array.from(properties, ([name, value]) => [prefix + name, value]));
  return {
    ...contents,
    properties: prefixed(contents.properties),
    objects: contents.objects.map((object) => ({
      ...object,
      required: (object.required ?? []).map((name) => prefix + name),
      properties: prefixed(object.properties ?? new Map()),
    })),
  };
}

/** The name in its namespace of a property that is called `name` on a resource. */
export function withoutPrefix(name: string, prefix: string | null): string {
  if (prefix !== null && prefix !== '' && name.startsWith(prefix)) return name.slice(prefix.length);
  const expected = prefix === null ? 'the resource type has none' : `expected is ${quoteForMessage(prefix)}`;
  throw notFound(
    `The property ${quoteForMessage(name)} does not begin with the prefix of the resource type: ${expected}.`,
  );
}
