/**
 * Leaves a record of each call on an audited route when it has ended, also of the refused ones and of those whose client
 * went away. Such a call goes on without its client: its record waits for what becomes of it, so that nobody hides what
 * he does by hanging up.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { auditRecord } from '../../domain/audit/audit-record.ts';
import type { AuditedCall } from '../../domain/audit/audit-record.ts';
import { isAudited } from '../../domain/audit/audit-action.ts';
import type { AuditedOperation } from '../../domain/audit/audit-action.ts';
import type { AuditTrail } from '../../ports/audit-trail.ts';
import type { ServiceParts } from '../../usecases/service-parts.ts';
import type { BaseUrlOptions } from '../base-url.ts';
import { clientAddress } from '../client-address.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: AuditedOperation;
  }
  interface FastifyRequest {
    /** Bytes of the body that were taken in. */
    receivedBytes: number;
    /** To be called when it is decided how the call is answered; null where that leaves no record. */
    onDecided: ((answer: 'text' | 'data') => void) | null;
  }
  interface FastifyReply {
    /** Bytes of image data that the system has taken. */
    sentBytes: number;
    /** What the call has made, as far as its path does not name it; null where that is nothing. */
    made: Readonly<Record<string, string>> | null;
  }
}

export interface AuditOptions {
  readonly trail: AuditTrail;
  /** Which node of the service this is. */
  readonly node: string;
  /** Of calls by these methods only those that were refused or failed leave a record. */
  readonly ignoredMethods: readonly string[];
}

export function addAudit(
  app: FastifyInstance,
  options: {
    readonly audit: AuditOptions | null;
    readonly parts: Pick<ServiceParts, 'clock' | 'ids'>;
    readonly baseUrl: Pick<BaseUrlOptions, 'proxyHeaders'>;
  },
): void {
  app.decorateRequest('receivedBytes', 0);
  app.decorateRequest('onDecided', null);
  app.decorateReply('sentBytes', 0);
  app.decorateReply('made', null);
  const { audit, parts, baseUrl } = options;
  if (audit === null) return;
  app.addHook('onRequest', async (request, reply) => {
    const operation = request.routeOptions.config?.operation;
    if (operation === undefined || !isAudited(operation)) return;
    // While there is a connection to ask.
    const address = clientAddress(request.raw, baseUrl.proxyHeaders);
    whenEnded(request, reply, (brokeOff) => {
      const call = { ...auditedCall({ request, reply, operation, address }), brokeOff };
      const failed = call.status >= 400 || call.brokeOff;
      if (!failed && audit.ignoredMethods.includes(request.method)) return;
      audit.trail.record(auditRecord(call, { id: parts.ids.next(), at: parts.clock.now(), node: audit.node }));
    });
  });
  app.addHook('onSend', async (request, _reply, payload) => {
    request.onDecided?.('text');
    return payload;
  });
}

/** Calls back once: when it is decided what becomes of the call, and nothing more can be sent to its client. */
function whenEnded(request: FastifyRequest, reply: FastifyReply, end: (brokeOff: boolean) => void): void {
  const { socket } = request.raw;
  let answer: 'text' | 'data' | null = null;
  let isOver = false;
  const leave = (): void => end(answer === 'data' && !reply.hasSentAll);
  request.onDecided = (decided) => {
    if (answer !== null) return;
    answer = decided;
    if (isOver) leave();
  };
  function onOver(): void {
    reply.raw.off('close', onOver);
    socket.off('close', onOver);
    isOver = true;
    if (answer !== null || reply.raw.writableEnded) leave();
  }
  reply.raw.on('close', onOver);
  // An answer that waits behind another one on its connection is not told that the connection is closed.
  socket.on('close', onOver);
}

interface EndedCall {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly operation: AuditedOperation;
  readonly address: string;
}

const mostAgentCharacters = 256;

function auditedCall({ request, reply, operation, address }: EndedCall): Omit<AuditedCall, 'brokeOff'> {
  return {
    operation,
    parameters: { ...textValues(request.params), ...reply.made },
    createdId: createdId(reply),
    caller: request.callerContext,
    requestId: request.id,
    path: request.originalUrl.split('?', 1)[0] ?? '/',
    clientAddress: address,
    userAgent: request.headers['user-agent']?.slice(0, mostAgentCharacters) ?? null,
    status: reply.statusCode,
    receivedBytes: request.receivedBytes,
    sentBytes: reply.sentBytes,
  };
}

function textValues(params: unknown): Readonly<Record<string, string>> {
  const entries = typeof params === 'object' && params !== null ? Object.entries(params) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** The last word of the address of what was created. */
function createdId(reply: FastifyReply): string | null {
  const location = reply.getHeader('location');
  return reply.statusCode === 201 && typeof location === 'string' ? (location.split('/').at(-1) ?? null) : null;
}
