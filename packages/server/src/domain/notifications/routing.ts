/** Which notifications are told at all, and to whom. Source: contract 13 A1, A2. */
import { matchesShellPattern } from '../../lib/shell-pattern.ts';
import type { NotificationPriority } from './notification.ts';

/** What the notifications are that somebody wants; an absent list lets everything pass. */
export interface RoutingRule {
  readonly acceptedEvents?: readonly string[];
  readonly acceptedPriorities?: readonly string[];
}

export interface RoutedEvent {
  readonly type: string;
  readonly priority: NotificationPriority;
}

/** Whether any of the rules lets it pass; a rule does when both its lists do. */
export function isAccepted(rules: readonly RoutingRule[], { type, priority }: RoutedEvent): boolean {
  const matches = (patterns: readonly string[] | undefined, text: string) =>
    patterns === undefined || patterns.some((pattern) => matchesShellPattern(text, pattern));
  return rules.some(
    ({ acceptedEvents, acceptedPriorities }) =>
      matches(acceptedEvents, type) &&
      matches(
        acceptedPriorities?.map((pattern) => pattern.toLowerCase()),
        priority.toLowerCase(),
      ),
  );
}

/** An entry names an event or a group of them: any part of its name before a dot. */
export function isDisabled(disabled: readonly string[], type: string): boolean {
  return disabled.some((entry) => type === entry || type.startsWith(`${entry}.`));
}
