/**
 * Passes calls on to other nodes over HTTP, in the name of the caller. Source: contract 03 §2.
 */
import { errorStatus } from '@lucarne/contract/error-codes.ts';
import type { ErrorCode } from '@lucarne/contract/error-codes.ts';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { ImageServiceError } from '../../domain/errors.ts';
import type { PeerCall, PeerNodes } from '../../ports/peer-nodes.ts';

export interface PeerNodeOptions {
  /** Header that tells the node that the call came from another one. */
  readonly passedOnHeader: string;
  /** For the whole call, its answer included. */
  readonly timeoutSeconds: number;
}

/** An error document is a few hundred bytes; of more nothing is shown. */
const mostDocumentBytes = 65_536;
const mostMessageCharacters = 2000;

export function httpPeerNodes(options: PeerNodeOptions): PeerNodes {
  return {
    async passOn(nodeUrl, call) {
      if (call.wasPassedOn) {
        throw new ImageServiceError(
          'badGateway',
          'The nodes of the service do not agree on which of them has the data.',
        );
      }
      const { status, document } = await ask(nodeUrl, call, options);
      if (status >= 200 && status <= 299) return;
      throw new ImageServiceError(
        codeOf(status),
        messageOf(document) ?? `The node that has the staged data answered ${status}.`,
      );
    },
  };
}

interface NodeAnswer {
  readonly status: number;
  readonly document: string;
}

async function ask(nodeUrl: string, call: PeerCall, options: PeerNodeOptions): Promise<NodeAnswer> {
  try {
    const response = await send(new URL(`${nodeUrl.replace(/\/+$/, '')}${call.path}`), call, options);
    return { status: response.statusCode ?? 0, document: await readDocument(response) };
  } catch (cause) {
    throw isOutOfReach(cause)
      ? new ImageServiceError('gatewayTimeout', 'The node that has the staged data cannot be reached.', { cause })
      : new ImageServiceError('badGateway', 'The node that has the staged data does not answer properly.', { cause });
  }
}

/** Follows no redirect: no node would send one. */
function send(url: URL, call: PeerCall, options: PeerNodeOptions): Promise<IncomingMessage> {
  const content =
    call.body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(call.body) };
  const headers = { ...call.headers, ...content, accept: 'application/json', [options.passedOnHeader]: '1' };
  const signal = AbortSignal.timeout(options.timeoutSeconds * 1000);
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    request(url, { method: call.method, headers, signal }, resolve)
      .once('error', reject)
      .end(call.body ?? undefined);
  });
}

/** Of a document that is too long the beginning. */
async function readDocument(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > mostDocumentBytes) break;
  }
  return text;
}

/** Codes of a connection that was not made, or was lost before the answer came. */
const connectionCodes = new Set([
  'ABORT_ERR',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Whether it is the way to the node that failed, or the node's silence; anything else is its answer. */
function isOutOfReach(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && connectionCodes.has(error.code);
}

/** Text of the node's error document; null when it says nothing a person could use. */
function messageOf(document: string): string | null {
  try {
    const parsed: unknown = JSON.parse(document);
    const message = typeof parsed === 'object' && parsed !== null && 'message' in parsed ? parsed.message : null;
    const text = typeof message === 'string' ? (message.split('<br')[0]?.trim() ?? '') : '';
    return text === '' ? null : text.slice(0, mostMessageCharacters);
  } catch {
    return null;
  }
}

function codeOf(status: number): ErrorCode {
  const codes = Object.keys(errorStatus) as ErrorCode[];
  return codes.find((code) => errorStatus[code] === status) ?? 'badGateway';
}
