import { describe, expect, test } from 'vitest';
import { parseProtectionDocument } from './protection-document.ts';

/** Each section as `[name, line, { key: [value, line] }]`. */
function read(text: string) {
  const { sections, problems } = parseProtectionDocument(text);
  return {
    problems: problems.map(({ line, message }) => `${line}: ${message}`),
    sections: sections.map(({ name, line, entries }) => [
      name,
      line,
      Object.fromEntries([...entries].map(([key, entry]) => [key, [entry.value, entry.line]])),
    ]),
  };
}

describe('A protection file', () => {
  test.each<readonly [string, string, readonly unknown[]]>([
    ['nothing', '', []],
    ['comments and blank lines', '# a\n; b\n\n[x]\n# c\nread = @\n', [['x', 4, { read: ['@', 6] }]]],
    [
      'patterns with brackets, in their order and case',
      '[^[A-z]+$]\nread=a\n[.*]\nread=b\n',
      [
        ['^[A-z]+$', 1, { read: ['a', 2] }],
        ['.*', 3, { read: ['b', 4] }],
      ],
    ],
    [
      'keys in any case, with colons, without spaces',
      '[x]\nREAD:a\nUpdate = b\n',
      [['x', 1, { read: ['a', 2], update: ['b', 3] }]],
    ],
    ['no value', '[x]\nread =\nupdate:\n', [['x', 1, { read: ['', 2], update: ['', 3] }]]],
    [
      'values that go on in the next line',
      '[x]\nread = a,\n  b\nupdate = c\n',
      [['x', 1, { read: ['a,\nb', 2], update: ['c', 4] }]],
    ],
    ['semicolons and hashes inside a value', '[x]\nread = a;b #c\n', [['x', 1, { read: ['a;b #c', 2] }]]],
    [
      'what holds for all sections',
      '[DEFAULT]\nread = @\n[x]\nupdate = a\n[y]\nread = b\n',
      [
        ['x', 3, { read: ['@', 2], update: ['a', 4] }],
        ['y', 5, { read: ['b', 6] }],
      ],
    ],
    ['line ends of other systems and a byte order mark', '\ufeff[x]\r\nread = a\r\n', [['x', 1, { read: ['a', 2] }]]],
    ['text behind the bracket, which is passed over', '[x] more\nread = a\n', [['x', 1, { read: ['a', 2] }]]],
  ])('may hold %s', (_, text, sections) => {
    expect(read(text)).toEqual({ problems: [], sections });
  });

  test.each([
    ['[x]\nread = a\n[x]\n', '3: the section [x] stands a second time'],
    ['[x]\nread = a\nRead = b\n', '3: [x] has read a second time'],
    ['read = a\n', '1: the line stands before any section'],
    ['[x]\n\nread\n', '3: the line is neither a section in brackets nor a key and its value'],
    ['[x]\n= a\n', '2: the line is neither a section in brackets nor a key and its value'],
    ['[x\nread = a\n', '1: the line is neither a section in brackets nor a key and its value'],
  ])('%j is refused with the line', (text, problem) => {
    expect(read(text).problems).toContain(problem);
  });
});
