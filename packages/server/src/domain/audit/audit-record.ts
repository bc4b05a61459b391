/**
 * One record of the audit trail: who did what to which image, from where, with which result, under the names of CADF.
 * Nothing secret is ever a part of it: no token, no header but the name of the client's program, no query string.
 * Source: DMTF DSP0262 (CADF).
 */
import type { TaskType } from '@lucarne/contract/wire.ts';
import type { RequestContext } from '../request-context.ts';
import { auditAction, auditedType, serviceType } from './audit-action.ts';
import type { AuditedOperation } from './audit-action.ts';

/** A call that has ended, however it did. */
export interface AuditedCall {
  readonly operation: AuditedOperation;
  /** Values of the variables in the path, by name; and of what the call has made below it. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Id of what the call made, where it did. */
  readonly createdId: string | null;
  /** Null when nobody was found out to be calling. */
  readonly caller: RequestContext | null;
  readonly requestId: string;
  /** Path as sent, without the query. */
  readonly path: string;
  readonly clientAddress: string;
  readonly userAgent: string | null;
  /** What the answer says, whether or not the client was still there to see it. */
  readonly status: number;
  /** The image data that were asked for broke off before their end. */
  readonly brokeOff: boolean;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** Work that was taken on by a call and has ended behind its answer. */
export interface AuditedTask {
  readonly id: string;
  readonly type: TaskType;
  readonly imageId: string;
  readonly projectId: string;
  /** Of the call; null where it is not known any more. */
  readonly userId: string | null;
  readonly requestId: string | null;
  readonly succeeded: boolean;
}

export interface AuditOrigin {
  readonly id: string;
  readonly at: Date;
  /** Which node of the service this is. */
  readonly node: string;
}

export type AuditRecord = Readonly<Record<string, unknown>>;

const unknown = 'unknown';
const userType = 'service/security/account/user';

/** What all records say. */
function commonMembers({ id, at, node }: AuditOrigin): AuditRecord {
  return {
    typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
    id,
    eventType: 'activity',
    eventTime: at.toISOString(),
    observer: { id: node, typeURI: serviceType, name: 'lucarne' },
  };
}

function tagsOf(requestId: string): readonly string[] {
  return [`correlation_id?value=${requestId}`];
}

export function auditRecord(call: AuditedCall, origin: AuditOrigin): AuditRecord {
  return {
    ...commonMembers(origin),
    action: auditAction(call.operation),
    outcome: outcomeOf(call),
    initiator: initiatorOf(call),
    target: targetOf(call),
    reason: { reasonType: 'HTTP', reasonCode: String(call.status) },
    requestPath: call.path,
    measurements: measurementsOf(call),
    tags: tagsOf(call.requestId),
  };
}

/** Said of the whole work what was said of the call, so that its `pending` finds its end by the request id. */
const taskActions: Readonly<Record<TaskType, string>> = {
  api_image_import: 'update/import',
  import: 'create/import',
  location_import: 'update/add',
};

/** What became of work whose call was answered before its end. */
export function taskAuditRecord(task: AuditedTask, origin: AuditOrigin): AuditRecord {
  const { id, type, imageId, projectId, userId, requestId, succeeded } = task;
  return {
    ...commonMembers(origin),
    action: taskActions[type],
    outcome: succeeded ? 'success' : 'failure',
    initiator: {
      id: userId ?? unknown,
      typeURI: userType,
      project_id: projectId,
      request_id: requestId ?? undefined,
    },
    target: {
      id: imageId,
      typeURI: `${serviceType}/images`,
      attachments: [{ name: 'task_id', contentType: 'text/plain', content: id }],
    },
    tags: requestId === null ? undefined : tagsOf(requestId),
  };
}

/** `pending`: what was taken on goes on after the answer. */
function outcomeOf({ status, brokeOff }: AuditedCall): 'success' | 'failure' | 'pending' {
  if (status >= 400 || brokeOff) return 'failure';
  return status === 202 ? 'pending' : 'success';
}

function initiatorOf({ caller, requestId, clientAddress, userAgent }: AuditedCall): AuditRecord {
  const host = { address: clientAddress, agent: userAgent ?? undefined };
  const typeURI = userType;
  if (caller === null) return { id: unknown, typeURI, host, request_id: requestId };
  return {
    id: caller.userId ?? unknown,
    typeURI,
    project_id: caller.projectId ?? undefined,
    domain: caller.userDomainId ?? undefined,
    domain_id: caller.domainId ?? undefined,
    system_scope: caller.systemScope ?? undefined,
    roles: caller.roles,
    service: serviceOf(caller),
    host,
    request_id: requestId,
  };
}

/** The service of the cloud that made the call for the user. */
function serviceOf({ serviceUserId, serviceProjectId, serviceRoles }: RequestContext): AuditRecord | undefined {
  if (serviceUserId === null && serviceRoles.length === 0) return undefined;
  return { id: serviceUserId ?? unknown, project_id: serviceProjectId ?? undefined, roles: serviceRoles };
}

/** The image when there is one, else the last thing the path names; what else it names is attached. */
function targetOf({ operation, parameters, createdId }: AuditedCall): AuditRecord {
  const names = Object.keys(parameters);
  const main = names.includes('image_id') ? 'image_id' : names.at(-1);
  const others = names.filter((name) => name !== main);
  const id = (main === undefined ? createdId : parameters[main]) ?? undefined;
  return {
    id: id ?? unknown,
    typeURI: auditedType(operation.path),
    attachments:
      others.length === 0
        ? undefined
        : others.map((name) => ({ name, contentType: 'text/plain', content: parameters[name] })),
  };
}

function measurementsOf({ receivedBytes, sentBytes }: AuditedCall): readonly AuditRecord[] | undefined {
  const counts = [
    ['bytes received', receivedBytes],
    ['bytes sent', sentBytes],
  ] as const;
  const measured = counts.filter(([, bytes]) => bytes > 0);
  if (measured.length === 0) return undefined;
  return measured.map(([name, result]) => ({ metric: { name, unit: 'B' }, result }));
}
