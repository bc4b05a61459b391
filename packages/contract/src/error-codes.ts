/**
 * Every way a call of the Image API can fail, with the HTTP status it is answered with.
 *
 * The table is the whole list: an error raised anywhere in the service carries one of these codes, and the
 * HTTP layer looks the status up here. Source: contract 01 §6, 02–06.
 */
export const errorStatus = {
  badRequest: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  methodNotAllowed: 405,
  conflict: 409,
  gone: 410,
  preconditionFailed: 412,
  limitExceeded: 413,
  unsupportedMediaType: 415,
  rangeNotSatisfiable: 416,
  headerTooLarge: 431,
  internal: 500,
  notImplemented: 501,
  badGateway: 502,
  unavailable: 503,
  gatewayTimeout: 504,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** Reason phrases as Glance's HTTP library words them; clients see them in the title of an error body. */
export const reasonPhrases: Readonly<Record<number, string>> = {
  300: 'Multiple Choices',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  416: 'Request Range Not Satisfiable',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
