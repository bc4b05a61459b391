/**
 * Connects to the first of several addresses that answers: one after the other, without waiting for a silent one for
 * longer than a moment (RFC 8305).
 */
import type { Socket } from 'node:net';
import { abortable } from './deadlines.ts';
import type { Network } from './network.ts';

/** Time an address has for itself before the next one is tried beside it. */
const headStartMilliseconds = 300;
/** A name may have any number of addresses; more than these are not worth the wait. */
const mostAddresses = 8;

export interface Destination {
  /** At least one. */
  readonly addresses: readonly string[];
  readonly port: number;
}

/** Rejects with the failure of the first address when none can be connected to, and with the signal's reason. */
export async function connectFirst(
  network: Network,
  { addresses, port }: Destination,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  const attempts: Attempt[] = [];
  try {
    for (const address of addresses.slice(0, mostAddresses)) {
      const attempt = attemptOn(network.connect(address, port));
      attempts.push(attempt);
      // A failure lets the next one start at once, a success makes it needless.
      if (await abortable(succeedsWithin(attempt, headStartMilliseconds), signal)) break;
    }
    const winner = await abortable(Promise.any(attempts.map(({ connected }) => connected)), signal);
    for (const { socket } of attempts) if (socket !== winner) socket.destroy();
    return winner;
  } catch (error) {
    for (const { socket } of attempts) socket.destroy();
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

interface Attempt {
  readonly socket: Socket;
  readonly connected: Promise<Socket>;
}

function attemptOn(socket: Socket): Attempt {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  socket.once('connect', () => resolve(socket));
  // For good: an error of a socket that nobody listens to ends the process.
  socket.on('error', reject);
  return { socket, connected: promise };
}

/** False as soon as the attempt failed, and after the time given. */
async function succeedsWithin({ connected }: Attempt, milliseconds: number): Promise<boolean> {
  const pause = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => pause.resolve(false), milliseconds);
  const outcome = connected.then(
    () => true,
    () => false,
  );
  return Promise.race([outcome, pause.promise]).finally(() => clearTimeout(timer));
}
