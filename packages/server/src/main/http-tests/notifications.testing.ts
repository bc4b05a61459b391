/** What a service with the driver `log` has told of, read from its log. */
import { setTimeout as pause } from 'node:timers/promises';
import { createNamespace } from './metadefs.testing.ts';
import type { RunningService } from './running-service.testing.ts';

/** Configuration lines behind those of `[DEFAULT]`. */
export const toldInTheLog = '[oslo_messaging_notifications]\ndriver = log\n';

export interface ToldEvent {
  readonly type: string;
  readonly priority: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The whole message, as JSON. */
  readonly message: string;
}

/** Everything told by now, in order. A namespace is made to see that nothing more comes; it is left out. */
async function toldSoFar(service: RunningService): Promise<readonly ToldEvent[]> {
  const last = await createNamespace(service);
  for (const deadline = Date.now() + 30_000; ;) {
    const events = toldEvents(service);
    const end = events.findIndex(({ payload }) => payload['namespace'] === last);
    if (end !== -1) return events.slice(0, end).filter(({ payload }) => !isMark(payload));
    if (Date.now() > deadline) throw new Error('The last event was not told.');
    await pause(10);
  }
}

/**
 * Waits until it was told so often that the image was sent. It is told once the client has all of the data, which may be
 * behind whatever the client does next.
 */
export async function toldSending(service: RunningService, imageId: string, count: number): Promise<void> {
  const isSending = ({ type, payload }: ToldEvent) => type === 'image.send' && payload['image_id'] === imageId;
  for (const deadline = Date.now() + 30_000; toldEvents(service).filter(isSending).length < count;) {
    if (Date.now() > deadline) throw new Error('The image was not told to be sent.');
    await pause(10);
  }
}

/** What is told while something is done. */
export async function toldWhile(service: RunningService, act: () => Promise<unknown>): Promise<readonly ToldEvent[]> {
  const before = (await toldSoFar(service)).length;
  await act();
  return (await toldSoFar(service)).slice(before);
}

function toldEvents({ log }: RunningService): readonly ToldEvent[] {
  return log
    .filter(({ logger }) => String(logger).startsWith('oslo.messaging.notification.'))
    .map(({ message }) => {
      const text = String(message);
      const { event_type: type, priority, payload } = JSON.parse(text) as Record<string, unknown>;
      const fields = typeof payload === 'string' ? { text: payload } : (payload as Record<string, unknown>);
      return { type: String(type), priority: String(priority), payload: fields, message: text };
    });
}

function isMark(payload: ToldEvent['payload']): boolean {
  return /^ns-[0-9a-f-]{36}$/.test(String(payload['namespace'])) && payload['display_name'] === null;
}
