/** What went wrong on a connection, in words that stand behind the name of what was connected to. */
import { ImageServiceError } from '../../domain/errors.ts';

/** Raised by what is decided here; its message is such words. */
export class ConnectionTrouble extends Error {}

const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
  ETIMEDOUT: 'does not answer',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  EADDRNOTAVAIL: 'cannot be reached',
  ENOTFOUND: 'has a host name that nobody knows',
  EAI_AGAIN: 'has a host name that cannot be looked up now',
  HPE_HEADER_OVERFLOW: 'sends headers that are too long',
  EPROTO: 'does not speak TLS as it should',
  ERR_TLS_CERT_ALTNAME_INVALID: 'shows a certificate of another host',
  CERT_HAS_EXPIRED: 'shows a certificate that has expired',
};

/** The error itself where it is ours already, else `unavailable` with what it means. */
export function connectionFailure(subject: string, cause: unknown): ImageServiceError {
  if (cause instanceof ImageServiceError) return cause;
  return new ImageServiceError('unavailable', `${subject} ${describeFailure(cause)}.`, { cause });
}

export function describeFailure(cause: unknown): string {
  if (cause instanceof ConnectionTrouble) return cause.message;
  const code = codeOf(cause);
  const meaning = meanings[code];
  if (meaning !== undefined) return meaning;
  if (code.startsWith('HPE_')) return 'sends something that is not HTTP';
  if (code.startsWith('ERR_SSL_')) return 'does not speak TLS as it should';
  if (/CERT|SIGNED|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH/.test(code)) {
    return `shows a certificate that is not trusted (${code})`;
  }
  return code === '' ? 'failed' : `failed (${code})`;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}
