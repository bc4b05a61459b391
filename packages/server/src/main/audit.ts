/** The audit trail as it is configured: none, lines of the log under a name of their own, or a file. */
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { randomUuids } from '../adapters/system/random-uuids.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { openAuditFile } from '../adapters/audit/audit-file.ts';
import type { Settings } from '../config/settings.ts';
import { taskAuditRecord } from '../domain/audit/audit-record.ts';
import type { AuditedTask } from '../domain/audit/audit-record.ts';
import type { AuditOptions } from '../http/middleware/audit.ts';
import type { AuditTrail } from '../ports/audit-trail.ts';

export interface OpenAudit {
  readonly options: AuditOptions | null;
  /** Leaves a record of work that has ended behind the answer of its call. */
  readonly recordTask: (task: AuditedTask) => void;
  /** Opens a file anew, for whoever has moved it away. */
  reopen(): void;
  close(): Promise<void>;
}

export function openAudit({ lucarne, server }: Settings, log: Logger): OpenAudit {
  if (lucarne.audit === null) return { options: null, recordTask: () => undefined, ...nothingToClose };
  const { file, ignoredMethods } = lucarne.audit;
  const node = server.selfUrl ?? hostname();
  const { trail, ...rest } = file === null ? inTheLog(log) : inAFile(file, log);
  return {
    options: { trail, node, ignoredMethods },
    recordTask: (task) => trail.record(taskAuditRecord(task, { id: randomUuids.next(), at: systemClock.now(), node })),
    ...rest,
  };
}

const nothingToClose = { reopen: () => undefined, close: () => Promise.resolve() };

type OpenTrail = Pick<OpenAudit, 'reopen' | 'close'> & { readonly trail: AuditTrail };

function inTheLog(log: Logger): OpenTrail {
  const lines = log.child({ logger: 'audit' });
  return { trail: { record: (record) => lines.info({ event: record }, 'audit') }, ...nothingToClose };
}

function inAFile(file: string, log: Logger): OpenTrail {
  const trail = openAuditFile(file, (problem) => log.error(problem));
  return { trail, reopen: trail.reopen, close: trail.close };
}
