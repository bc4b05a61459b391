/**
 * An image in the words of an older deployment, and its words in lists in ours. Everything shown fits the schema the
 * profile publishes: clients of that time fail as a whole on one image that does not. Source: contract 07 §6.3, §6.4.
 */
import type { ApiProfile, ImageWords, SchemaSite } from '@lucarne/contract/profiles/api-profile.ts';
import type { ListDialect } from '../../domain/images/list-parameters.ts';

type WireImage = Readonly<Record<string, unknown>>;

export interface ImageProfile {
  /** What the words of its clients stand for in lists. */
  readonly listDialect: ListDialect;
  /** Takes an image in today's form. */
  show(image: WireImage): Record<string, unknown>;
}

const formatAttributes = ['disk_format', 'container_format'] as const;

export function imageProfile(profile: ApiProfile, site: SchemaSite): ImageProfile {
  const { properties } = profile.imageSchema(site);
  const formats = new Map<string, readonly unknown[]>(
    formatAttributes.map((name) => [name, properties[name]?.enum ?? []] as const),
  );
  const unknown = new Set(profile.words.unknownAttributes);
  return {
    listDialect: listDialect(profile.words),
    show(image) {
      const members = Object.entries(image)
        .filter(([name]) => !unknown.has(name))
        .map(([name, value]) => [name, inItsWords(name, value, { words: profile.words, formats })] as const);
      return Object.fromEntries(profile.words.omitsNull ? members.filter(([, value]) => value !== null) : members);
    },
  };
}

interface Vocabulary {
  readonly words: ImageWords;
  /** Those known, by attribute. */
  readonly formats: ReadonlyMap<string, readonly unknown[]>;
}

function inItsWords(name: string, value: unknown, { words, formats }: Vocabulary): unknown {
  if (name === 'visibility') return wordFor(words.visibilities, value);
  if (name === 'status') return wordFor(words.statuses, value);
  // A format the deployment never heard of is none it could use.
  if (formats.get(name)?.includes(value) === false) return null;
  return value;
}

function wordFor(words: Readonly<Record<string, string>>, value: unknown): unknown {
  return typeof value === 'string' ? (words[value] ?? value) : value;
}

function listDialect({ visibilities, statuses }: ImageWords): ListDialect {
  return { visibilities: reversed(visibilities), statuses: reversed(statuses) };
}

/** For each word all that is shown as it. */
function reversed<Word extends string>(words: Readonly<Record<Word, Word>>): ReadonlyMap<string, readonly Word[]> {
  const meanings = new Map<string, Word[]>();
  // The members of a record are its keys.
  for (const [stored, shown] of Object.entries(words) as [Word, Word][]) {
    meanings.set(shown, [...(meanings.get(shown) ?? []), stored]);
  }
  return meanings;
}
