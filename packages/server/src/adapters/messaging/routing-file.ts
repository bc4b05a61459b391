/**
 * The file of the driver `routing`: groups, in each the drivers that get what their two lists accept. Source: contract
 * 13 A1.
 */
import { readFileSync } from 'node:fs';
import { LineCounter, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { ImageServiceError } from '../../domain/errors.ts';
import type { RoutingRule } from '../../domain/notifications/routing.ts';

/** Drivers a file may name; those of the last two deliver nothing. */
const drivers: ReadonlySet<string> = new Set(['messaging', 'messagingv2', 'log', 'noop', 'test']);
const lists: ReadonlySet<string> = new Set(['accepted_events', 'accepted_priorities']);

/** The rules of each driver. Raises `internal` with place and reason when the file cannot be used. */
export function loadRouting(path: string): ReadonlyMap<string, readonly RoutingRule[]> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ImageServiceError('internal', `The file of routing_config, ${path}, cannot be read.`, { cause });
  }
  return parseRouting(text, path);
}

export function parseRouting(text: string, path: string): ReadonlyMap<string, readonly RoutingRule[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const wrongAt = (offset: number | undefined, reason: string) =>
    new ImageServiceError('internal', `${path}:${lines.linePos(offset ?? 0).line}: ${reason}.`);
  const [error] = document.errors;
  if (error !== undefined) throw wrongAt(error.pos[0], 'this is no YAML');
  const rules = new Map<string, RoutingRule[]>();
  for (const [, group] of membersOf(document.contents, wrongAt)) {
    for (const [driver, lists] of membersOf(group.value, wrongAt)) {
      if (!drivers.has(driver)) throw wrongAt(lists.offset, `there is no driver ${JSON.stringify(driver)} to route to`);
      rules.set(driver, [...(rules.get(driver) ?? []), readRule(lists.value, wrongAt)]);
    }
  }
  return rules;
}

type WrongAt = (offset: number | undefined, reason: string) => ImageServiceError;

interface Member {
  readonly value: unknown;
  readonly offset: number | undefined;
}

function membersOf(node: unknown, wrongAt: WrongAt): readonly (readonly [string, Member])[] {
  if (node === null) return [];
  if (!isMap(node)) throw wrongAt(rangeOf(node), 'here names with something behind them are expected');
  return node.items.map(({ key, value }) => [isScalar(key) ? String(key.value) : '', { value, offset: rangeOf(key) }]);
}

function readRule(node: unknown, wrongAt: WrongAt): RoutingRule {
  const read = new Map<string, readonly string[]>();
  if (isScalar(node) && node.value === null) return {};
  for (const [name, list] of membersOf(node, wrongAt)) {
    if (!lists.has(name)) throw wrongAt(list.offset, `there is no ${JSON.stringify(name)} of a driver`);
    if (!isSeq(list.value)) throw wrongAt(list.offset, `${name} is a list`);
    read.set(
      name,
      list.value.items.map((item) => (isScalar(item) ? String(item.value) : '')),
    );
  }
  const acceptedEvents = read.get('accepted_events');
  const acceptedPriorities = read.get('accepted_priorities');
  return {
    ...(acceptedEvents === undefined ? {} : { acceptedEvents }),
    ...(acceptedPriorities === undefined ? {} : { acceptedPriorities }),
  };
}

function rangeOf(node: unknown): number | undefined {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : undefined;
}
