/**
 * Asks a web service of the operator's by a POST. It agrees if its answer is `True`, with or without double quotes,
 * whatever the status. Source: contract 10 §4.1; 11 [oslo_policy].
 *
 * `node:https` and not `fetch`, because the operator may name certificates of its own, or turn their check off.
 */
import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { RequestOptions } from 'node:https';
import { ImageServiceError } from '../../domain/errors.ts';
import type { RemoteQuestion } from '../../domain/policy/rule-evaluation.ts';
import type { RemotePolicyCheck } from '../../ports/remote-policy-check.ts';

export interface HttpPolicyCheckOptions {
  /** `application/json`: one document. Anything else: form fields, each a JSON text. */
  readonly contentType: string;
  /** Time for the whole of a question, from connecting to the last byte of the answer. */
  readonly timeoutSeconds: number;
  readonly verifyServerCertificate: boolean;
  readonly caFile: string | null;
  readonly clientCertificateFile: string | null;
  readonly clientKeyFile: string | null;
}

/** Longer answers cannot be a yes; the rest of them is not read. */
const maxAnswerBytes = 1024;

/** Reads the certificate files at once; one that cannot be read raises `internal` with its name. */
export function openHttpPolicyCheck(options: HttpPolicyCheckOptions): RemotePolicyCheck {
  const tls: RequestOptions = {
    rejectUnauthorized: options.verifyServerCertificate,
    ...certificate('ca', options.caFile),
    ...certificate('cert', options.clientCertificateFile),
    ...certificate('key', options.clientKeyFile),
  };
  return {
    async ask(url, question) {
      try {
        const signal = AbortSignal.timeout(options.timeoutSeconds * 1000);
        return isYes(await post(new URL(url), encode(question, options.contentType), { ...tls, signal }));
      } catch (cause) {
        throw new ImageServiceError('internal', 'The service that decides about this policy did not answer.', {
          cause,
        });
      }
    },
  };
}

function certificate(option: 'ca' | 'cert' | 'key', file: string | null): RequestOptions {
  if (file === null) return {};
  try {
    return { [option]: readFileSync(file) };
  } catch (cause) {
    throw new ImageServiceError('internal', `The certificate file ${file} for remote policy checks cannot be read.`, {
      cause,
    });
  }
}

interface Body {
  readonly contentType: string;
  readonly text: string;
}

function encode(question: RemoteQuestion, contentType: string): Body {
  if (contentType === 'application/json') return { contentType, text: JSON.stringify(question) };
  const fields = new URLSearchParams({
    rule: JSON.stringify(question.rule),
    target: JSON.stringify(question.target),
    credentials: JSON.stringify(question.credentials),
  });
  return { contentType: 'application/x-www-form-urlencoded', text: fields.toString() };
}

/** Gives the answer's body, or its beginning when it is too long. */
function post(url: URL, body: Body, options: RequestOptions): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const headers = { 'content-type': body.contentType, 'content-length': Buffer.byteLength(body.text) };
  const request = send(url, { ...options, method: 'POST', headers, agent: false }, (response) => {
    readAnswer(response).then(resolve, reject);
  });
  request.on('error', reject);
  request.end(body.text);
  return promise;
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    // Leaving the loop closes the connection.
    if (sizeBytes > maxAnswerBytes) break;
  }
  return Buffer.concat(chunks).toString();
}

function isYes(answer: string): boolean {
  return answer.length <= maxAnswerBytes && answer.replace(/^"+/, '').replace(/"+$/, '') === 'True';
}
