/**
 * The audit trail as a file of its own: one record a line, as JSON. Lines are written in the background, in order; what a
 * disk that stands still does not take in time is dropped, for no call may wait for it.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { pino } from 'pino';
import { ImageServiceError } from '../../domain/errors.ts';
import type { AuditTrail } from '../../ports/audit-trail.ts';

export interface AuditFile extends AuditTrail {
  /** Opens the file anew, for whoever has moved it away. */
  reopen(): void;
  /** Resolves when everything is written, or cannot be in time; records that come later are lost. */
  close(): Promise<void>;
}

/** Lines that wait to be written take no more memory than that. */
const waitingBytes = 16 * 1024 * 1024;

/** A disk that stands still must not keep the service from stopping. */
const farewellMilliseconds = 5_000;

/** Who reads it learns who uses the service: it is for its owner and group. */
const fileMode = 0o640;

/** Raises `internal` when the file cannot be written. `report` is told of losses, of each kind once a minute at most. */
export function openAuditFile(path: string, report: (problem: string) => void): AuditFile {
  tryOpening(path);
  const destination = pino.destination({
    dest: path,
    sync: false,
    minLength: 0,
    maxLength: waitingBytes,
    mode: fileMode,
  });
  const errors = sparingly(report);
  const losses = sparingly(report);
  let lost = 0;
  let isClosed = false;
  function lose(): void {
    lost++;
    losses(`The audit file ${path} is not written fast enough; records lost so far: ${lost}.`);
  }
  destination.on('error', (error: unknown) => errors(`The audit file ${path} cannot be written: ${String(error)}`));
  destination.on('drop', lose);
  return {
    record: (record) => (isClosed ? lose() : void destination.write(`${JSON.stringify(record)}\n`)),
    reopen: () => destination.reopen(),
    close: () => {
      isClosed = true;
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, farewellMilliseconds);
        for (const end of ['close', 'error']) {
          destination.once(end, () => {
            clearTimeout(timer);
            resolve();
          });
        }
        destination.end();
      });
    },
  };
}

const pauseMilliseconds = 60_000;

/** Passes on what is told first, and from then on what is told after a pause. */
function sparingly(report: (problem: string) => void): (problem: string) => void {
  let toldAt: number | null = null;
  return (problem) => {
    const now = performance.now();
    if (toldAt !== null && now - toldAt < pauseMilliseconds) return;
    toldAt = now;
    report(problem);
  };
}

function tryOpening(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, 'a', fileMode));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImageServiceError('internal', `The audit file ${path} cannot be written: ${reason}.`, { cause });
  }
}
