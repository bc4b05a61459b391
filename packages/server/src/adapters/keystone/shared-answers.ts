/** Answers that several callers share: whoever asks while one is on its way, and whoever asks shortly after. */
import type { Clock } from '../../ports/clock.ts';

export interface Sharing {
  readonly clock: Pick<Clock, 'now'>;
  /** Since the question: what was asked then may have changed since. */
  readonly keptMilliseconds: number;
}

interface Shared<T> {
  readonly answer: Promise<T>;
  readonly askedAt: number;
  isSettled: boolean;
}

const fewEntries = 500;

/** A failure is shared by those who wait for it, and not kept. */
export function shareAnswers<T>(
  { clock, keptMilliseconds }: Sharing,
  ask: (key: string) => Promise<T>,
): (key: string) => Promise<T> {
  const shared = new Map<string, Shared<T>>();

  function isCurrent({ isSettled, askedAt }: Shared<T>): boolean {
    const age = clock.now().getTime() - askedAt;
    // Negative when the clock was set back.
    return !isSettled || (age >= 0 && age < keptMilliseconds);
  }

  function forgetOld(): void {
    if (shared.size < fewEntries) return;
    for (const [key, entry] of shared) if (!isCurrent(entry)) shared.delete(key);
  }

  return (key) => {
    const known = shared.get(key);
    if (known !== undefined && isCurrent(known)) return known.answer;
    forgetOld();
    const entry: Shared<T> = { answer: ask(key), askedAt: clock.now().getTime(), isSettled: false };
    shared.set(key, entry);
    entry.answer.then(
      () => (entry.isSettled = true),
      () => {
        if (shared.get(key) === entry) shared.delete(key);
      },
    );
    return entry.answer;
  };
}
