/**
 * `/healthcheck`: whether a load balancer may send requests here. Beside the API: no token, any method.
 * Source: contract 01 §9.
 */
import { preferredForm } from '../error-documents.ts';

export interface HealthcheckAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** `disabled` says that the operator put the disable file in place; `problem` that the service cannot work. */
export function healthcheckAnswer(
  request: { readonly method: string; readonly accept: string | undefined },
  state: { readonly disabled: boolean; readonly problem: string | null },
): HealthcheckAnswer {
  const reason = state.disabled ? 'DISABLED BY FILE' : (state.problem ?? 'OK');
  const healthy = reason === 'OK';
  if (request.method === 'HEAD') {
    return { status: healthy ? 204 : 503, contentType: 'text/plain; charset=UTF-8', text: '' };
  }
  const status = healthy ? 200 : 503;
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
