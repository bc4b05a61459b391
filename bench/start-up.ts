/**
 * How long does it take from `./lucarne serve`, once installed, until the service answers? Starts it that many times
 * (first argument, 5 by default), each with a new data folder, beside a Node that does nothing.
 */
import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { startLucarne } from '../tests/support/running-server.ts';

/** What a new user may have to wait. */
const limitMilliseconds = 2000;
const starts = Number(process.argv[2] ?? 5);

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function startOnce(): Promise<number> {
  const begun = performance.now();
  const service = await startLucarne();
  const answered = performance.now() - begun;
  await service.stop();
  return answered;
}

function bareNode(): number {
  const begun = performance.now();
  execFileSync(process.execPath, ['--eval', '']);
  return performance.now() - begun;
}

const answered: number[] = [];
const bare: number[] = [];
for (let start = 0; start < starts; start += 1) {
  answered.push(await startOnce());
  bare.push(bareNode());
}
const ratio = median(answered) / median(bare);
console.log(`answers after ${Math.round(median(answered))} ms, ${ratio.toFixed(1)} × a Node that does nothing`);
console.log(`slowest ${Math.round(Math.max(...answered))} ms (limit ${limitMilliseconds} ms)`);
process.exitCode = Math.max(...answered) < limitMilliseconds ? 0 : 1;
