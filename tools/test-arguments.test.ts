import { describe, expect, test } from 'vitest';
import { parseTestArguments } from './test-arguments.ts';

describe('./lucarne test', () => {
  const meanings = [
    { words: [], vitestArguments: ['run'], without: [] },
    { words: ['unit'], vitestArguments: ['run', '--project', 'unit'], without: [] },
    { words: ['system', 'cli'], vitestArguments: ['run', '--project', 'system', 'cli'], without: [] },
    { words: ['-t', 'a title', 'images'], vitestArguments: ['run', '-t', 'a title', 'images'], without: [] },
    { words: ['unit', '--watch'], vitestArguments: ['watch', '--project', 'unit'], without: [] },
    { words: ['--without', 'real-servers', 'x'], vitestArguments: ['run', 'x'], without: ['real-servers'] },
    { words: ['--without=real-servers'], vitestArguments: ['run'], without: ['real-servers'] },
  ];

  test.each(meanings)('$words runs vitest with $vitestArguments', ({ words, vitestArguments, without }) => {
    expect(parseTestArguments(words)).toEqual({ vitestArguments, without });
  });

  test.each([[['--without']], [['--without', 'images']], [['--without=']]])(
    'refuses %j, which leaves out nothing that may be left out',
    (words) => {
      expect(parseTestArguments(words).problem).toContain('--without takes real-servers');
    },
  );
});
