import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readNamePattern } from './name-pattern.ts';

function isFound(pattern: string, name: string): boolean {
  const read = readNamePattern(pattern);
  if ('problem' in read) throw new Error(`${pattern}: ${read.problem}`);
  return read.pattern.isFoundIn(name);
}

describe('A pattern', () => {
  /** Outcomes of Python 3.11: `bool(re.search(pattern, name))`. */
  test.each<readonly [pattern: string, found: readonly string[], notFound: readonly string[]]>([
    ['.*', ['', 'x', 'a\nb'], []],
    ['^x_.*', ['x_', 'x_owner'], ['ax_', 'X_']],
    ['license', ['license', 'my_license_key'], ['licence']],
    ['^(os|hw)_(?:type|version)$', ['os_type', 'hw_version', 'os_type\n'], ['os_types', 'xos_type']],
    ['^a\\Z', ['a'], ['a\n']],
    ['\\Ab', ['bc'], ['ab']],
    ['^[a-c_\\d-]+$', ['a-b_7', '-'], ['d', 'a.b']],
    ['[^a-z]', ['A', 'a1'], ['abc', '']],
    ['^[]x]$', [']', 'x'], ['[']],
    ['^[^]x]$', ['[', 'y'], [']', 'x']],
    ['^[a-]$', ['a', '-'], ['b']],
    ['^[\\w.]+$', ['é_9.', '٣'], ['a-b']],
    ['^\\d{2,3}$', ['12', '٣٤', '123'], ['1', '1234']],
    ['^a{,2}$', ['', 'a', 'aa'], ['aaa']],
    ['^a{2,}$', ['aa', 'aaaa'], ['a']],
    ['^a{2}$', ['aa'], ['a', 'aaa']],
    ['^a{x}$', ['a{x}'], ['ax']],
    ['^a{}$', ['a{}'], ['a']],
    ['^a+?b*?c??$', ['a', 'aabc'], ['bc']],
    ['^(?P<first>ab)+$', ['abab'], ['aba', '']],
    ['^(a*)*$', ['', 'aaa'], ['b']],
    ['^(a|b|)c$', ['ac', 'bc', 'c'], ['abc']],
    ['a||b', ['', 'z'], []],
    ['(?i)^BILLING_', ['billing_x', 'Billing_y'], ['xbilling_']],
    ['(?i)^É$', ['é'], ['e']],
    ['(?i)^ſ[ſ]$', ['sſ', 'Sſ'], ['xſ']],
    ['(?i)^s$', ['ſ', 'S'], ['z']],
    ['(?i)^[^ab]$', ['c', 'C'], ['a', 'A', 'b', 'B']],
    ['(?i)^[^A-C]$', ['d'], ['a', 'C']],
    ['(?i)^[a-c]$', ['B', 'b'], ['d']],
    ['(?i)^\\W$', ['-'], ['İ', 'a']],
    ['(?s)^a.b$', ['a\nb'], ['ab']],
    ['^a.b$', ['axb', 'a😀b'], ['a\nb', 'ab']],
    ['\\bid\\b', ['id', 'a-id-b', 'id.'], ['a_id', 'idx']],
    ['\\Bid', ['aid', '_id'], ['id', '-id']],
    ['^\\x41\\u0042\\.$', ['AB.'], ['ABx']],
    ['^a(?#anything)b$', ['ab'], ['a(?#anything)b']],
    ['^\\s$', [' ', '\t', '\u001c', '\u0085', '\u00a0'], ['x', '\ufeff']],
    ['^x\\/y\\ z\\-$', ['x/y z-'], []],
  ])('%s', (pattern, found, notFound) => {
    expect(found.filter((name) => !isFound(pattern, name))).toEqual([]);
    expect(notFound.filter((name) => isFound(pattern, name))).toEqual([]);
  });

  test.each([
    ['^(?!x_).*', /\(\?/],
    ['a(?=b)', /\(\?/],
    ['(?<=a)b', /\(\?/],
    ['(?P=first)', /\(\?/],
    ['(?m)^a', /flag m/],
    ['(?i:a)', /\(\?/],
    ['(a)\\1', /back-references/],
    ['a++', /possessive/],
    ['a**', /repetition is repeated/],
    ['*a', /nothing to repeat/],
    ['^*', /nothing to repeat/],
    ['(a', /not closed/],
    ['a)', /closing parenthesis/],
    ['[a', /not closed/],
    ['[z-a]', /backwards/],
    ['[\\d-z]', /range begins/],
    ['[a-\\d]', /range ends/],
    ['a\\', /ends too early/],
    ['\\q', /"\\q"/],
    ['a{3,2}', /more at least/],
    ['a{1000}', /more than 255/],
    ['((a{200}){200}){200}', /multiply/],
    ['(('.repeat(60), /too deep/],
    ['\\p{L}', /"\\p"/],
  ])('%s is refused', (pattern, reason) => {
    expect(readNamePattern(pattern)).toEqual({ problem: expect.stringMatching(reason) });
  });

  test('agrees with the expressions of JavaScript wherever both mean the same', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(?:ab|b)', '(a|)', '\\w', '\\d', '^', '$', '\\b');
    const repeated = fc.tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '{0,1}', '+?'));
    const pattern = fc
      .array(repeated, { minLength: 1, maxLength: 5 })
      .map((items) => items.map(([item, count]) => (/^[\^$]$|^\\b$/.test(item) ? item : item + count)).join(''));
    const alternatives = fc.array(pattern, { minLength: 1, maxLength: 2 }).map((parts) => parts.join('|'));
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '1', '-'), maxLength: 8 });
    fc.assert(
      fc.property(alternatives, name, (source, text) => {
        expect(isFound(source, text)).toBe(new RegExp(source).test(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('takes time in proportion to the name, also where trying one way after the other would take for ever', () => {
    const name = `${'a'.repeat(255)}!`;
    const started = performance.now();
    for (const pattern of ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(x+x+)+y', '^((a?){60}){4}b$']) {
      expect(isFound(pattern, name)).toBe(false);
    }
    // Backtracking would need more than the age of the universe.
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('never fails on any text: it is read, or refused with a reason', () => {
    const text = fc.string({ unit: fc.constantFrom(...'a()[]{}?*+|^$\\.-,1:P<>=!#dw'.split('')), maxLength: 12 });
    fc.assert(
      fc.property(text, fc.string({ maxLength: 5 }), (source, name) => {
        const read = readNamePattern(source);
        if ('problem' in read) expect(read.problem).not.toBe('');
        else expect(typeof read.pattern.isFoundIn(name)).toBe('boolean');
      }),
      { numRuns: 3000 },
    );
  });
});
