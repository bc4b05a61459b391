import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isImageServiceError } from '../../domain/errors.ts';
import { emptyTarget } from '../../domain/policy/named-values.ts';
import { sampleContext } from '../../domain/policy/policy-samples.testing.ts';
import { openPolicy } from './policy-files.ts';
import type { PolicyEvent, PolicyFilesOptions } from './policy-files.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'policy-files-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** A policy with a clock that a test moves, and the events so far. */
function open(overrides: Partial<PolicyFilesOptions> = {}) {
  const events: PolicyEvent[] = [];
  let milliseconds = 0;
  const policy = openPolicy(
    {
      file: 'policy.yaml',
      directories: ['policy.d'],
      searchDirectories: [join(root, 'first'), join(root, 'second')],
      enforceNewDefaults: true,
      defaultRule: 'default',
      explainsDenials: false,
      ...overrides,
    },
    {
      clock: { now: () => new Date(milliseconds) },
      remoteCheck: { ask: (url) => Promise.resolve(url === 'http://yes') },
      report: (event) => events.push(event),
    },
  );
  return {
    policy,
    events,
    /** Whether a caller with this role may do it. */
    allows: (rule: string, role: string) =>
      policy.current().allows(sampleContext({ roles: [role] }), rule, emptyTarget),
    pass: (elapsed: number) => (milliseconds += elapsed),
  };
}

function openError(overrides: Partial<PolicyFilesOptions> = {}): string {
  try {
    open(overrides);
  } catch (error) {
    if (isImageServiceError(error, 'internal')) return error.message;
    throw error;
  }
  return 'no error';
}

describe('finding the files', () => {
  test('without any file the default rules hold', () => {
    const { allows, policy, events } = open();
    expect(allows('publicize_image', 'admin')).toBe(true);
    expect(allows('publicize_image', 'a')).toBe(false);
    expect(policy.files()).toEqual([]);
    expect(events).toEqual([]);
  });

  test('the first search directory that has the file counts', () => {
    write('second/policy.yaml', 'publicize_image: role:second');
    expect(open().allows('publicize_image', 'second')).toBe(true);
    write('first/policy.yaml', 'publicize_image: role:first');
    const { allows, policy } = open();
    expect(allows('publicize_image', 'first')).toBe(true);
    expect(allows('publicize_image', 'second')).toBe(false);
    expect(policy.files()).toEqual([join(root, 'first/policy.yaml')]);
  });

  test('an absolute path needs no search directory, a relative one is nowhere without', () => {
    write('elsewhere.json', '{"publicize_image": [["role:a"]]}');
    const file = join(root, 'elsewhere.json');
    expect(open({ file, searchDirectories: [] }).allows('publicize_image', 'a')).toBe(true);
    expect(open({ file: 'package.json', searchDirectories: [] }).policy.files()).toEqual([]);
  });

  test('the files of the folders come after the file, by name, the last one wins', () => {
    write('first/policy.yaml', 'copy_image: role:main\npublicize_image: role:main\n');
    write('first/policy.d/20-b.yaml', 'publicize_image: role:b');
    write('first/policy.d/10-a', 'publicize_image: role:a\ntasks_api_access: role:a');
    write('first/policy.d/.hidden', 'not: [valid');
    write('first/policy.d/folder/30-c.yaml', 'publicize_image: role:c');
    write('second/more/x.json', '{"tasks_api_access": "role:x"}');
    const { allows, policy } = open({ directories: ['policy.d', 'absent.d', 'more'] });
    expect(allows('copy_image', 'main')).toBe(true);
    expect(allows('publicize_image', 'b')).toBe(true);
    expect(allows('publicize_image', 'a')).toBe(false);
    expect(allows('tasks_api_access', 'x')).toBe(true);
    expect(policy.files()).toEqual(
      ['first/policy.yaml', 'first/policy.d/10-a', 'first/policy.d/20-b.yaml', 'second/more/x.json'].map((path) =>
        join(root, path),
      ),
    );
  });

  test('the folders count without a main file', () => {
    write('second/policy.d/a', 'publicize_image: role:a');
    expect(open().allows('publicize_image', 'a')).toBe(true);
  });

  test('options and remote checks reach the engine', async () => {
    write('first/policy.yaml', 'publicize_image: http://yes\ncopy_image: rule:missing\nmine: role:m\n');
    const { allows } = open({ enforceNewDefaults: false, defaultRule: 'mine' });
    expect(allows('modify_image', 'nobody')).toBe(true);
    expect(allows('copy_image', 'm')).toBe(true);
    expect(await allows('publicize_image', 'nobody')).toBe(true);
  });
});

describe('at start', () => {
  test('a file that is wrong is an error with its name, its place and the reason: 500', () => {
    write('first/policy.yaml', 'a: role:a\nb: "role');
    const error = openError();
    expect(error).toContain(join(root, 'first/policy.yaml'));
    expect(error).toMatch(/line 2/);
  });

  test('so is one in a folder', () => {
    write('first/policy.d/x', 'a: 1');
    expect(openError()).toBe(
      `The policy file ${join(root, 'first/policy.d/x')} cannot be used: rule \`a\` is neither a text nor a list of texts at line 1.`,
    );
  });

  test('a folder in the place of a file, and a file in the place of a folder', () => {
    mkdirSync(join(root, 'first/policy.yaml'), { recursive: true });
    expect(openError()).toMatch(/policy\.yaml cannot be used: it is a folder\.$/);
    write('second/policy.d', '');
    expect(openError({ file: 'absent' })).toMatch(/policy\.d cannot be read: it is not a folder\.$/);
  });

  test('a link that leads nowhere', () => {
    mkdirSync(join(root, 'first/policy.d'), { recursive: true });
    symlinkSync(join(root, 'gone'), join(root, 'first/policy.d/x'));
    expect(openError()).toMatch(/policy\.d\/x cannot be used: it does not exist\.$/);
  });

  test('what looks wrong in the rules is reported, and is among the problems of the engine', () => {
    write('first/policy.yaml', 'a: foo\na: bar\n');
    const { events, policy } = open();
    const messages = [
      `${join(root, 'first/policy.yaml')}: Rule \`a\` stands more than once; the last one counts.`,
      `${join(root, 'first/policy.yaml')}:2: Rule \`a\`: \`bar\` is no check: it lacks a colon.`,
    ];
    expect(events).toEqual(messages.map((message) => ({ kind: 'problem', message })));
    expect(policy.current().problems).toEqual(messages);
  });
});

describe('while running', () => {
  test('a changed file is read again, but not within the same second', () => {
    write('first/policy.yaml', 'publicize_image: role:a');
    const { allows, pass, events, policy } = open();
    write('first/policy.yaml', 'publicize_image: role:changed');
    pass(999);
    expect(allows('publicize_image', 'changed')).toBe(false);
    pass(1);
    expect(allows('publicize_image', 'changed')).toBe(true);
    expect(allows('publicize_image', 'a')).toBe(false);
    expect(events).toEqual([{ kind: 'reloaded', files: policy.files() }]);
  });

  test('an unchanged file is not read again', () => {
    write('first/policy.yaml', 'publicize_image: role:a');
    const { pass, events, policy } = open();
    const engine = policy.current();
    pass(10_000);
    expect(policy.current()).toBe(engine);
    expect(events).toEqual([]);
  });

  test('a file of the same size and time that took its place is noticed', () => {
    write('first/policy.yaml', 'publicize_image: role:a');
    utimesSync(join(root, 'first/policy.yaml'), 1, 1);
    const { allows, pass } = open();
    write('first/new', 'publicize_image: role:b');
    utimesSync(join(root, 'first/new'), 1, 1);
    renameSync(join(root, 'first/new'), join(root, 'first/policy.yaml'));
    pass(1000);
    expect(allows('publicize_image', 'b')).toBe(true);
  });

  test('a clock that was set back does not stop it', () => {
    write('first/policy.yaml', 'publicize_image: role:a');
    const { allows, pass } = open();
    write('first/policy.yaml', 'publicize_image: role:changed');
    pass(-3_600_000);
    expect(allows('publicize_image', 'changed')).toBe(true);
  });

  test('a rule removed from the file goes back to its default', () => {
    write('first/policy.yaml', 'publicize_image: role:a\ncopy_image: role:a\n');
    const { allows, pass } = open();
    write('first/policy.yaml', 'copy_image: role:a\n');
    pass(1000);
    expect(allows('publicize_image', 'a')).toBe(false);
    expect(allows('publicize_image', 'admin')).toBe(true);
    expect(allows('copy_image', 'a')).toBe(true);
  });

  test('files may appear, in the folders and in place of no main file, and go from the folders', () => {
    const { allows, pass } = open();
    write('second/policy.yaml', 'publicize_image: role:main');
    write('first/policy.d/a', 'copy_image: role:a');
    pass(1000);
    expect(allows('publicize_image', 'main')).toBe(true);
    expect(allows('copy_image', 'a')).toBe(true);
    rmSync(join(root, 'first/policy.d/a'));
    pass(1000);
    expect(allows('copy_image', 'a')).toBe(false);
  });

  test('a file that became wrong leaves the last good rules in force, is reported once, and is taken when mended', () => {
    write('first/policy.yaml', 'publicize_image: role:a');
    const { allows, pass, events } = open();
    write('first/policy.yaml', 'publicize_image: "role:b');
    for (let check = 0; check < 3; check++) {
      pass(1000);
      expect(allows('publicize_image', 'a')).toBe(true);
    }
    expect(events).toMatchObject([{ kind: 'reload-failed', error: { code: 'internal' } }]);
    write('first/policy.yaml', 'publicize_image: [[[]]]');
    pass(1000);
    expect(allows('publicize_image', 'a')).toBe(true);
    write('first/policy.yaml', 'publicize_image: role:b');
    pass(1000);
    expect(allows('publicize_image', 'b')).toBe(true);
    expect(events.map((event) => event.kind)).toEqual(['reload-failed', 'reload-failed', 'reloaded']);
  });

  test('a main file that vanished leaves its rules in force, and no other file takes its place', () => {
    write('first/policy.yaml', 'publicize_image: role:first');
    write('second/policy.yaml', 'publicize_image: role:second');
    const { allows, pass, events } = open();
    rmSync(join(root, 'first/policy.yaml'));
    pass(1000);
    expect(allows('publicize_image', 'first')).toBe(true);
    expect(allows('publicize_image', 'second')).toBe(false);
    expect(events).toMatchObject([{ kind: 'reload-failed', error: { message: /it does not exist/ } }]);
    write('first/policy.yaml', 'publicize_image: role:back');
    pass(1000);
    expect(allows('publicize_image', 'back')).toBe(true);
  });

  test('a file that came back as it was is in force again without a complaint', () => {
    write('first/policy.yaml', 'publicize_image: role:a');
    const { allows, pass, events } = open();
    renameSync(join(root, 'first/policy.yaml'), join(root, 'first/away'));
    pass(1000);
    expect(allows('publicize_image', 'a')).toBe(true);
    renameSync(join(root, 'first/away'), join(root, 'first/policy.yaml'));
    pass(1000);
    expect(allows('publicize_image', 'a')).toBe(true);
    expect(events.map((event) => event.kind)).toEqual(['reload-failed', 'reloaded']);
  });
});
