/**
 * The one error class of the pocket identity service. `message` is public: it is sent to the client.
 */
const titles = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
} as const;

export type IdentityErrorStatus = keyof typeof titles;

export class IdentityError extends Error {
  readonly status: IdentityErrorStatus;
  /** Extra response headers, for example `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: IdentityErrorStatus, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = 'IdentityError';
    this.status = status;
    this.headers = headers;
  }
}

/** The body Keystone clients look for: `error.code`, `error.message`, `error.title`. */
export function renderError(error: IdentityError): unknown {
  return { error: { code: error.status, message: error.message, title: titles[error.status] } };
}

export function badRequest(message: string): IdentityError {
  return new IdentityError(400, message);
}

/** One text for every failed authentication, so that nobody learns which part was wrong. */
export function unauthorized(): IdentityError {
  return new IdentityError(401, 'This request needs valid authentication.');
}

export function forbidden(message = 'Your roles do not allow this action.'): IdentityError {
  return new IdentityError(403, message);
}

export function notFound(message = 'There is nothing at this address.'): IdentityError {
  return new IdentityError(404, message);
}

export function conflict(message: string): IdentityError {
  return new IdentityError(409, message);
}
