/**
 * Data that imports fetch from the web. Follows every redirect that may keep a GET a GET. Source: contract 04 §3, §5.
 */
import { STATUS_CODES } from 'node:http';
import { badRequest, ImageServiceError } from '../../domain/errors.ts';
import type { WebAnswer } from '../../ports/web-client.ts';
import type { WebSource } from '../../ports/web-source.ts';
import { hostNetwork } from './network.ts';
import type { Network } from './network.ts';
import { openWebClient } from './web-client.ts';
import type { WebClientOptions } from './web-client.ts';

export interface WebSourceOptions extends Omit<WebClientOptions, 'proxies' | 'redirectStatuses'> {
  /** URL of an HTTP proxy for everything; null for none. */
  readonly proxy: string | null;
}

const redirectStatuses = [301, 302, 303, 307, 308];

/** Raises at once for a certificate file, a proxy or a range that is none. */
export function openWebSource(options: WebSourceOptions, network: Network = hostNetwork): WebSource {
  const { proxy } = options;
  const proxies = new Map(proxy === null ? [] : [['http', proxy] as const, ['https', proxy] as const]);
  const client = openWebClient({ ...options, proxies, redirectStatuses }, network);
  return {
    async open(request) {
      const answer = await client.send({ ...request, method: 'GET' });
      if (answer.status === 200) return answer;
      await answer.close();
      throw refusalOf(answer);
    },
  };
}

/** A server that has trouble may have less of it later; anything else will say the same again. */
function refusalOf({ status, shownUrl }: WebAnswer): ImageServiceError {
  const phrase = STATUS_CODES[status];
  const message = `${shownUrl} answered ${phrase === undefined ? status : `${status} ${phrase}`}.`;
  const isTrouble = status >= 500 || status === 408 || status === 429;
  return isTrouble ? new ImageServiceError('unavailable', message) : badRequest(message);
}
