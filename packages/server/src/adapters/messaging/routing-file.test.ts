import { describe, expect, test } from 'vitest';
import { isAccepted } from '../../domain/notifications/routing.ts';
import { parseRouting } from './routing-file.ts';

const text = `
group_1:
  messaging:
    accepted_events:
      - image.*
    accepted_priorities: ['e*']
  log:
group_2:
  messaging:
    accepted_events: [task.create, 'metadef_[to]*']
`;

describe('A file of routing', () => {
  test.each([
    ['messaging', 'image.upload', 'ERROR', true],
    ['messaging', 'image.upload', 'INFO', false],
    ['messaging', 'task.create', 'INFO', true],
    ['messaging', 'metadef_tag.create', 'INFO', true],
    ['messaging', 'metadef_namespace.create', 'INFO', false],
    ['log', 'image.send', 'INFO', true],
  ] as const)('lets the driver %s have %s of priority %s: %s', (driver, type, priority, expected) => {
    expect(isAccepted(parseRouting(text, 'r').get(driver) ?? [], { type, priority })).toBe(expected);
  });

  test('of nothing routes nothing', () => {
    expect(parseRouting('', 'r').size).toBe(0);
  });

  test.each([
    ['a:\n  kafka:\n', 'r:2: there is no driver "kafka" to route to'],
    ['a:\n  log:\n    accepted: [x]\n', 'r:3: there is no "accepted" of a driver'],
    ['a:\n  log:\n    accepted_events: x\n', 'r:3: accepted_events is a list'],
    ['- a\n', 'r:1: here names with something behind them are expected'],
    ['a: [\n', 'this is no YAML'],
  ])('is refused with the place: %j', (wrong, message) => {
    expect(() => parseRouting(wrong, 'r')).toThrow(message);
  });
});
