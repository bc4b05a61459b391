/** An HTTP server for tests of the client: it writes down what it is asked and answers as it is told. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

export interface ReceivedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface CannedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
}

export interface AnsweringServer {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
}

/** Takes over a request before its body is read. */
export type RawAnswer = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts a server on a free port of this machine and stops it at the end of the test. */
export async function startAnsweringServer(
  answer: (request: ReceivedRequest) => CannedAnswer,
): Promise<AnsweringServer> {
  const requests: ReceivedRequest[] = [];
  const url = await startRawServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => response.destroy());
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const received = { method, url: path, headers, body: Buffer.concat(chunks) };
      requests.push(received);
      const { status = 200, headers: answerHeaders = {}, body } = answer(received);
      response.writeHead(status, answerHeaders);
      response.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  return { url, requests };
}

export async function startRawServer(answer: RawAnswer): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port.');
  return `http://127.0.0.1:${address.port}`;
}
