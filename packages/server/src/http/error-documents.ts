/**
 * How an error is written: HTML, JSON or plain text, whichever the client prefers of those.
 *
 * Clients depend on it: one takes every JSON error body apart in a way only its own form survives, so JSON goes only
 * to those who ask for it and not equally for anything else. Source: contract 01 §6, 15 §0.
 */
import { reasonPhrases } from '@lucarne/contract/error-codes.ts';

export interface ErrorDocument {
  readonly contentType: string;
  readonly text: string;
}

export function errorDocument(status: number, message: string, accept: string | undefined): ErrorDocument {
  const title = reasonPhrases[status] ?? 'Error';
  const code = `${status} ${title}`;
  switch (preferredForm(accept)) {
    case 'json': {
      const body = { message: `${message}<br /><br />\n\n\n`, code, title };
      return { contentType: 'application/json', text: JSON.stringify(body) };
    }
    case 'html':
      return { contentType: 'text/html; charset=UTF-8', text: htmlPage(code, escapeHtml(message)) };
    case 'plain':
      return { contentType: 'text/plain; charset=UTF-8', text: `${code}\n\n${stripTags(message)}\n\n   ` };
  }
}

/** The refusal of Keystone's filter: JSON for everybody. Source: contract 10 §2 */
export function keystoneErrorDocument(message: string): ErrorDocument {
  const error = { code: 401, title: reasonPhrases[401] ?? 'Error', message };
  return { contentType: 'application/json', text: JSON.stringify({ error }) };
}

function htmlPage(title: string, body: string): string {
  return `<html>
 <head>
  <title>${title}</title>
 </head>
 <body>
  <h1>${title}</h1>
  ${body}<br /><br />



 </body>
</html>`;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

function stripTags(text: string): string {
  return text.replace(/<[^>]*>/g, '');
}

/** HTML wins when both are liked equally; plain text is for those who like neither or do not say. */
export function preferredForm(accept: string | undefined): 'html' | 'json' | 'plain' {
  if (accept === undefined || accept.trim() === '') return 'plain';
  const ranges = parseAccept(accept);
  const html = qualityOf('text', 'html', ranges);
  const json = qualityOf('application', 'json', ranges);
  if (html === 0 && json === 0) return 'plain';
  return json > html ? 'json' : 'html';
}

interface AcceptRange {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

function parseAccept(accept: string): readonly AcceptRange[] {
  const ranges: AcceptRange[] = [];
  for (const item of accept.split(',')) {
    const [media = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const [type = '', subtype = ''] = media.split('/');
    if (type === '' || subtype === '') continue;
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const value = quality === undefined ? 1 : Number(quality);
    ranges.push({ type, subtype, quality: Number.isFinite(value) ? value : 1 });
  }
  return ranges;
}

/** The quality the most specific matching range gives. */
function qualityOf(type: string, subtype: string, ranges: readonly AcceptRange[]): number {
  const exact = ranges.find((range) => range.type === type && range.subtype === subtype);
  const family = ranges.find((range) => range.type === type && range.subtype === '*');
  const any = ranges.find((range) => range.type === '*' && range.subtype === '*');
  return (exact ?? family ?? any)?.quality ?? 0;
}
