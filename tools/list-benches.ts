/** Lists the measurements of `bench/`, each with the first sentence of its file. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const folder = join(import.meta.dirname, '../bench');

function firstSentence(file: string): string {
  const [, comment = ''] = /\/\*\*(.*?)\*\//s.exec(readFileSync(join(folder, file), 'utf8')) ?? [];
  const text = comment.replaceAll(/\s*\n\s*\*?\s*/g, ' ').trim();
  return /^.*?[.?:](?=\s|$)/.exec(text)?.[0].replace(/:$/, '.') ?? text;
}

const files = globSync('*.ts', { cwd: folder }).toSorted();
const width = Math.max(...files.map((file) => file.length));
console.log('./lucarne bench NAME runs one of these:\n');
for (const file of files) console.log(`  ${basename(file, '.ts').padEnd(width)}${firstSentence(file)}`);
