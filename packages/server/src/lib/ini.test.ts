import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIni } from './ini.ts';
import type { IniFile } from './ini.ts';

/** `[section] key=value@line` for each entry, which is all the dialect decides. */
function entriesOf(file: IniFile): readonly string[] {
  return file.sections.flatMap((section) =>
    section.entries.map(({ key, value, line }) => `[${section.name}] ${key}=${value}@${line}`),
  );
}

describe('parseIni', () => {
  test.each([
    { about: 'an equals sign separates', text: '[a]\nk = v', entries: ['[a] k=v@2'] },
    { about: 'a colon separates', text: '[a]\nk: v', entries: ['[a] k=v@2'] },
    {
      about: 'the separator that comes first counts',
      text: '[a]\nk = a:b\nl: a=b',
      entries: ['[a] k=a:b@2', '[a] l=a=b@3'],
    },
    { about: 'name and value are trimmed', text: '[a]\nk \t =\t v \t', entries: ['[a] k=v@2'] },
    { about: 'an empty value is empty text', text: '[a]\nk =', entries: ['[a] k=@2'] },
    { about: 'names keep their case, hyphens and underscores', text: '[a]\nK-k_k = v', entries: ['[a] K-k_k=v@2'] },
    { about: 'section names lose their case', text: '[GlanCe_Store]\nk = v', entries: ['[glance_store] k=v@2'] },
    {
      about: 'only DEFAULT in upper case is the default section',
      text: '[DEFAULT]\nk=1\n[Default]\nk=2',
      entries: ['[DEFAULT] k=1@2', '[default] k=2@4'],
    },
    { about: 'blanks in a section name are part of it', text: '[ a ]\nk=v', entries: ['[ a ] k=v@2'] },
    {
      about: 'a section may appear again',
      text: '[a]\nk=1\n[b]\nk=2\n[a]\nk=3',
      entries: ['[a] k=1@2', '[a] k=3@6', '[b] k=2@4'],
    },
    { about: 'a name given again is kept each time', text: '[a]\nk=1\nk=2', entries: ['[a] k=1@2', '[a] k=2@3'] },
    { about: 'lines beginning with # or ; are comments', text: '[a]\n# k=1\n;k=2\nk=3', entries: ['[a] k=3@4'] },
    { about: 'nothing behind a value is a comment', text: '[a]\nk = v # no ; no', entries: ['[a] k=v # no ; no@2'] },
    { about: 'an indented line continues a value', text: '[a]\nk = 1\n  2\n\t3', entries: ['[a] k=1\n2\n3@2'] },
    { about: 'an indented # continues a value as well', text: '[a]\nk = 1\n # 2', entries: ['[a] k=1\n# 2@2'] },
    { about: 'a line of blanks ends a value', text: '[a]\nk = 1\n   \nl = 2', entries: ['[a] k=1@2', '[a] l=2@4'] },
    { about: 'one pair of double quotes is dropped', text: '[a]\nk = " v "', entries: ['[a] k= v @2'] },
    { about: 'one pair of single quotes is dropped', text: '[a]\nk = \'"v"\'', entries: ['[a] k="v"@2'] },
    { about: 'nothing is unescaped within quotes', text: '[a]\nk = "a\\n\\"b"', entries: ['[a] k=a\\n\\"b@2'] },
    { about: 'unequal quotes stay', text: '[a]\nk = "v\'', entries: ['[a] k="v\'@2'] },
    { about: 'a single quote sign stays', text: '[a]\nk = "', entries: ['[a] k="@2'] },
    { about: 'quotes over several lines stay', text: '[a]\nk = "1\n  2"', entries: ['[a] k="1\n2"@2'] },
    { about: 'all line ends count', text: '[a]\r\nk=1\rl=2\nm=3', entries: ['[a] k=1@2', '[a] l=2@3', '[a] m=3@4'] },
    { about: 'a byte order mark is passed over', text: '\uFEFF[a]\nk=1', entries: ['[a] k=1@2'] },
    { about: 'a value may hold brackets', text: '[a]\nk = [b]', entries: ['[a] k=[b]@2'] },
    { about: 'an empty text has no entries', text: '', entries: [] },
  ])('$about', ({ text, entries }) => {
    const file = parseIni(text, 'a.conf');
    expect(entriesOf(file)).toEqual(entries);
    expect(file.problems).toEqual([]);
  });

  test.each([
    { about: 'an assignment before any section', text: 'k = v', line: 1, message: /stand in a section/ },
    { about: 'text behind the bracket of a section', text: '[a] # b', line: 1, message: /must end with "]"/ },
    { about: 'a section without a closing bracket', text: '[a', line: 1, message: /must end with "]"/ },
    { about: 'a section without a name', text: '[]', line: 1, message: /needs a name/ },
    { about: 'a line without a separator', text: '[a]\nk=1\nnonsense', line: 3, message: /neither a section/ },
    { about: 'an assignment without a name', text: '[a]\n= v', line: 2, message: /needs a name before/ },
    { about: 'an indented line after a blank one', text: '[a]\nk=1\n\n  2', line: 4, message: /no value stands/ },
    { about: 'an indented line after a comment', text: '[a]\nk=1\n# c\n  2', line: 4, message: /no value stands/ },
    { about: 'an indented section header', text: ' [a]', line: 1, message: /no value stands/ },
  ])('$about is a problem with its line', ({ text, line, message }) => {
    const { problems } = parseIni(text, 'a.conf');
    expect(problems).toEqual([{ fileName: 'a.conf', line, message: expect.stringMatching(message) }]);
  });

  test('reports every faulty line, and reads what can be read', () => {
    const file = parseIni('early = 1\n[a\nk = 1\n[b]\nfaulty\nk = 2', 'a.conf');
    expect(file.problems.map((problem) => problem.line)).toEqual([1, 2, 3, 5]);
    expect(entriesOf(file)).toEqual(['[b] k=2@6']);
  });

  test('problems never repeat a line, which may hold a password', () => {
    const { problems } = parseIni('[a]\n  hunter2\nhunter2\n[hunter2\n=hunter2', 'a.conf');
    expect(problems).toHaveLength(4);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });

  test('reads back any names and values that were written plainly', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/).filter((text) => !/^["'].*["']$/.test(text));
    const entries = fc.array(fc.record({ key: name, value }));
    fc.assert(
      fc.property(name, entries, (section, written) => {
        const text = [`[${section}]`, ...written.map((entry) => `${entry.key} = ${entry.value}`)].join('\n');
        const read = parseIni(text, 'a.conf').sections[0]?.entries.map(({ key, value: got }) => ({ key, value: got }));
        expect(read).toEqual(written);
      }),
    );
  });
});
