/**
 * Slows guessing down.
 *
 * After five wrong answers in a row an account has to wait, twice as long after each further one, at most half a
 * minute; an attempt made before that is answered 429 without looking at the password. Verifications run one after the
 * other: a burst of parallel guesses gains nothing, and the cost of hashing never takes more than one thread.
 *
 * Invariant: memory is bounded. At most `maxAccounts` accounts are remembered, the one touched longest ago goes first.
 */
import { IdentityError } from './identity-error.ts';

const freeFailures = 5;
const maxPauseSeconds = 30;
const maxAccounts = 1000;
const maxWaiting = 200;

interface Failures {
  readonly count: number;
  readonly blockedUntilMs: number;
}

export class LoginThrottle {
  readonly #now: () => Date;
  readonly #failures = new Map<string, Failures>();
  #lane: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /**
   * Runs `verify` unless the account has to wait, and remembers the outcome. `account` names who is claimed, also when
   * there is no such account. Errors: 429 (wait, see Retry-After), 503 (too many at once).
   */
  async attempt(account: string, verify: () => Promise<boolean>): Promise<boolean> {
    this.#refuseIfBlocked(account);
    if (this.#waiting >= maxWaiting) {
      throw new IdentityError(503, 'Too many logins at once.', { 'Retry-After': '1' });
    }
    this.#waiting += 1;
    const turn = this.#lane.then(() => this.#verify(account, verify));
    this.#lane = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #verify(account: string, verify: () => Promise<boolean>): Promise<boolean> {
    // The account may have become blocked while this attempt waited for its turn.
    this.#refuseIfBlocked(account);
    const correct = await verify();
    const count = correct ? 0 : (this.#failures.get(account)?.count ?? 0) + 1;
    this.#failures.delete(account);
    if (!correct) this.#remember(account, count);
    return correct;
  }

  #remember(account: string, count: number): void {
    const pauseSeconds = count < freeFailures ? 0 : Math.min(2 ** (count - freeFailures), maxPauseSeconds);
    this.#failures.set(account, { count, blockedUntilMs: this.#now().getTime() + pauseSeconds * 1000 });
    if (this.#failures.size <= maxAccounts) return;
    const [oldest] = this.#failures.keys();
    if (oldest !== undefined) this.#failures.delete(oldest);
  }

  #refuseIfBlocked(account: string): void {
    const leftMs = (this.#failures.get(account)?.blockedUntilMs ?? 0) - this.#now().getTime();
    if (leftMs <= 0) return;
    const seconds = String(Math.ceil(leftMs / 1000));
    throw new IdentityError(429, `Too many failed logins; try again in ${seconds} s.`, { 'Retry-After': seconds });
  }
}
