/** Reading single values and lists out of identity headers. */
import type { RequestHeaders } from '../../ports/identity-source.ts';

export function headerValue(headers: RequestHeaders, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = headers[name];
    const text = typeof value === 'string' ? value : value?.join(',');
    if (text !== undefined && text !== '') return text;
  }
  return null;
}

export function headerList(headers: RequestHeaders, ...names: readonly string[]): readonly string[] {
  const text = headerValue(headers, ...names) ?? '';
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
