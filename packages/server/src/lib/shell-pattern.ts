/**
 * Shell patterns as Python's `fnmatch` reads them: `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`. A bracket that is never closed
 * stands for itself. Case counts.
 */
export function matchesShellPattern(text: string, pattern: string): boolean {
  return new RegExp(`^(?:${patternSource(pattern)})$`, 'su').test(text);
}

function patternSource(pattern: string): string {
  const parts = pattern.match(/\*+|\?|\[!?\]?[^\]]*\]|[^]/gu) ?? [];
  return parts.map(partSource).join('');
}

function partSource(part: string): string {
  if (part.startsWith('*')) return '.*';
  if (part === '?') return '.';
  if (part.length > 1 && part.startsWith('[')) return setSource(part.slice(1, -1));
  return part.replace(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`);
}

function setSource(set: string): string {
  const isNegated = set.startsWith('!');
  const members = Array.from(isNegated ? set.slice(1) : set);
  let source = '';
  for (let at = 0; at < members.length; at += 1) {
    const [from = '', dash, to] = members.slice(at, at + 3);
    if (dash !== '-' || to === undefined) {
      source += escapedMember(from);
      continue;
    }
    // A range from behind to before holds nothing.
    if (from <= to) source += `${escapedMember(from)}-${escapedMember(to)}`;
    at += 2;
  }
  if (source === '') return isNegated ? '.' : '(?!)';
  return `[${isNegated ? '^' : ''}${source}]`;
}

function escapedMember(member: string): string {
  return /[\\\]^\-[&~!#$%*+,.:;<=>?@`|/(){}]/u.test(member)
    ? `\\u{${member.codePointAt(0)?.toString(16) ?? '0'}}`
    : member;
}
