/** Where records of who did what go. */
import type { AuditRecord } from '../domain/audit/audit-record.ts';

export interface AuditTrail {
  /** Neither waits nor raises: what cannot be written is lost, and the log says so once. */
  record(record: AuditRecord): void;
}
