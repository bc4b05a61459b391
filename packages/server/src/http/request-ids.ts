/** The id a request is logged and answered under. Source: contract 01 §8. */

/** The client's own id with the prefix `req-`, or a new one; null when the client's is too long. */
export function requestId(
  sent: string | undefined,
  options: { readonly maximumLength: number; readonly newId: () => string },
): string | null {
  if (sent === undefined || sent === '') return `req-${options.newId()}`;
  if (options.maximumLength > 0 && sent.length > options.maximumLength) return null;
  // It goes into a header and into logs.
  if (!/^[\x20-\x7e]*$/.test(sent)) return `req-${options.newId()}`;
  return sent.startsWith('req-') ? sent : `req-${sent}`;
}
