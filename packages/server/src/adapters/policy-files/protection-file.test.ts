import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadPropertyProtections } from './protection-file.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'protection-file-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const complete = '[.*]\ncreate = @\nread = @\nupdate = @\ndelete = @\n';

function load(file = 'protections.conf') {
  return loadPropertyProtections({ file, searchDirectories: [join(root, 'absent'), root], format: 'roles' });
}

describe('The property protection file', () => {
  test('is looked for beside the configuration files', () => {
    writeFileSync(join(root, 'protections.conf'), complete);
    expect(load().sections.map(({ pattern }) => pattern.source)).toEqual(['.*']);
    expect(load(join(root, 'protections.conf')).sections).toHaveLength(1);
  });

  test('that is nowhere is an error that says where it was looked for', () => {
    expect(() => load()).toThrow(`protections.conf is nowhere in ${join(root, 'absent')}, ${root}.`);
  });

  test('that cannot be read is an error with the reason', () => {
    mkdirSync(join(root, 'protections.conf'));
    expect(() => load()).toThrow(/protections\.conf cannot be used: it is a folder\.$/);
  });

  test('that is wrong is an error with each line and reason', () => {
    const path = join(root, 'protections.conf');
    writeFileSync(path, `[(?!x)a]\ncreate = @,!\nread = @\nupdate = @\n\nlost\n${complete}`);
    expect(() => load()).toThrow(
      expect.objectContaining({
        code: 'internal',
        message: expect.stringMatching(
          new RegExp(
            `^The property protection file cannot be used:\n  ${path}:1: .* needs delete.*\n  ${path}:1: the pattern \\[.*` +
              `\n  ${path}:2: .*both @.*\n  ${path}:6: the line is neither[^\n]*$`,
          ),
        ),
      }),
    );
  });
});
