/**
 * `/healthcheck`: whether a load balancer may send requests here. Beside the API: no token, any method.
 * Source: contract 01 §9.
 */
import { preferredForm } from './error-documents.ts';

export interface HealthcheckAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** `isDisabled`: the operator has put the disable file in place. */
export function healthcheckAnswer(
  request: { readonly method: string; readonly accept: string | undefined },
  isDisabled: boolean,
): HealthcheckAnswer {
  const reason = isDisabled ? 'DISABLED BY FILE' : 'OK';
  if (request.method === 'HEAD') {
    return { status: isDisabled ? 503 : 204, contentType: 'text/plain; charset=UTF-8', text: '' };
  }
  const status = isDisabled ? 503 : 200;
  switch (request.accept?.trim() === '*/*' ? 'plain' : preferredForm(request.accept)) {
    case 'json':
      return {
        status,
        contentType: 'application/json',
        text: JSON.stringify({ detailed: false, reasons: [reason] }, null, 4),
      };
    case 'html':
      return {
        status,
        contentType: 'text/html; charset=UTF-8',
        text: `<html><head><title>Health</title></head><body><table><tr><td>${reason}</td></tr></table></body></html>`,
      };
    case 'plain':
      return { status, contentType: 'text/plain; charset=UTF-8', text: reason };
  }
}
