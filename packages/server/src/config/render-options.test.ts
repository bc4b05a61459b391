import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadText, settingsOf } from './load-configuration.testing.ts';
import { describeGroup } from './option.ts';
import { allOptions } from './options/all-options.ts';
import { renderOptionsPage } from './render-options-page.ts';
import { renderSample } from './render-sample.ts';

const sample = renderSample(allOptions);

describe('the committed files equal the rendering; node tools/render-configuration.ts writes them', () => {
  test.each([
    ['etc/lucarne.conf.sample', sample],
    ['docs/configuration.md', renderOptionsPage(allOptions)],
  ])('%s', (path, rendered) => {
    expect(readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')).toBe(rendered);
  });
});

describe('the sample', () => {
  const isAssignment = (line: string) => /^#[a-z]/.test(line);
  const assignments = sample.split('\n').filter(isAssignment);

  test('holds each option that is honoured, and no other', () => {
    const names = sample.split('\n').flatMap((line) => /^#\s?([a-z_]+) =/.exec(line)?.[1] ?? []);
    const honoured = allOptions.filter((option) => option.treatment.kind === 'honoured');
    expect(names.toSorted()).toEqual(honoured.map((option) => option.name).toSorted());
  });

  test.each([
    ['stores by kind', {}],
    ['stores with ids', { OS_DEFAULT__ENABLED_BACKENDS: 'a:file, b:http', OS_GLANCE_STORE__DEFAULT_BACKEND: 'a' }],
  ])('changes nothing, whichever of its defaults are uncommented: %s', (_about, env) => {
    const untouched = settingsOf(loadText('', { env }));
    fc.assert(
      fc.property(fc.subarray(assignments), (chosen) => {
        const uncommented = new Set(chosen);
        const lines = sample.split('\n').map((line) => (uncommented.has(line) ? line.slice(1) : line));
        const loaded = loadText(lines.join('\n'), { env });
        // What is for stores of the other kind is told to have no effect, which is right.
        expect(loaded.warnings.filter((warning) => !warning.includes('enabled_backends'))).toEqual([]);
        expect(settingsOf(loaded)).toEqual(untouched);
      }),
    );
  });

  test('has lines that fit a terminal', () => {
    const tooLong = sample.split('\n').filter((line) => line.length > 100 && !isAssignment(line));
    expect(tooLong).toEqual([]);
  });
});

describe('the reference page', () => {
  test('has one row for every option, with what is done with it', () => {
    const rows = renderOptionsPage(allOptions)
      .split('\n')
      .filter((line) => /^\| `.* \| (honoured|no effect: .+|not built yet: .+|refused when .+) \| .+ \|$/.test(line));
    expect(rows).toHaveLength(allOptions.length);
  });

  test('needs a title for every section', () => {
    const stray = describeGroup('stray').string('a', '', 'A stray option.');
    expect(() => renderOptionsPage([stray])).toThrow('the section [stray] has no title');
  });
});
