import { expect, test } from 'vitest';
import type { WaitingNotification } from '../../ports/event-outbox.ts';
import { logTarget, maskSecrets } from './log-target.ts';

const notification: WaitingNotification = {
  position: 1,
  messageId: '6b1ee6a6-7b0d-4b6e-8b0a-2f5d9c3c7e11',
  type: 'image.update',
  priority: 'INFO',
  payloadJson:
    '{"size":12345678901234567890,"properties":{"admin_password":"hunter2","os":"\\"password\\": \\"kept\\""}}',
  subject: 's',
  stream: 's',
  recordedAt: new Date('2026-03-01T09:30:00.250Z'),
};

test('a notification in the log is the base message under the name of its event, without secrets', async () => {
  const lines: unknown[][] = [];
  const report = await logTarget('me', (...line) => void lines.push(line)).send([notification], () => true);
  expect(report.delivered).toEqual([notification]);
  expect(lines).toEqual([
    [
      'INFO',
      'oslo.messaging.notification.image.update',
      '{"message_id":"6b1ee6a6-7b0d-4b6e-8b0a-2f5d9c3c7e11","publisher_id":"me","event_type":"image.update",' +
        '"priority":"INFO","payload":{"size":12345678901234567890,"properties":{"admin_password":"***",' +
        '"os":"\\"password\\": \\"kept\\""}},"timestamp":"2026-03-01 09:30:00.250000",' +
        '"_unique_id":"6b1ee6a67b0d4b6e8b0a2f5d9c3c7e11"}',
    ],
  ]);
});

test.each([
  ['{"auth_token": "a\\"b", "c": 1}', '{"auth_token":"***","c":1}'],
  ['{"SECRET":"x","name":"secret"}', '{"SECRET":"***","name":"secret"}'],
  ['{"name":"x"}', '{"name":"x"}'],
  ['{"a\\"token\\"":"x","b":["token","y"]}', '{"a\\"token\\"":"***","b":["token","y"]}'],
])('%s is shown as %s', (json, shown) => {
  expect(maskSecrets(json)).toBe(shown);
});

test.each([
  ['that says again and again that it is secret', 'token'.repeat(1_000_000)],
  ['of nothing but escapes', '"'.repeat(4_000_000)],
])('a long text %s is written without delay', (_, text) => {
  const json = JSON.stringify({ text, password: text });
  const before = performance.now();
  expect(maskSecrets(json)).toBe(JSON.stringify({ text, password: '***' }));
  // In quadratic time it takes minutes.
  expect(performance.now() - before).toBeLessThan(10_000);
});
