/** The short variant of `./lucarne bench large-image`: memory stays within its limit and the data come back as sent. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('takes and gives back a large image in constant memory', async () => {
  const bench = join(import.meta.dirname, '../bench/large-image.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [bench, '0.5']);
  expect(stdout).toContain('hashes equal');
  console.log(stdout);
});
