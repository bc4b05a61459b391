/**
 * Ends a run with one line that machines read: `N passed, N failed`, with `, N skipped` where there were any.
 *
 * Invariant: the line and the exit status agree. A file that does not load, a hook that throws, an unhandled rejection and
 * a run without a single test each count as a failure.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

interface RunTotals {
  passed: number;
  failed: number;
  skipped: number;
}

export class ClosingLineReporter implements Reporter {
  readonly #totals: RunTotals = { passed: 0, failed: 0, skipped: 0 };

  onInit(): void {
    // Later than any other reporter, the teardown of global set-ups included.
    process.once('exit', (status) => {
      process.exitCode = closeRun(this.#totals, status);
    });
  }

  onTestRunStart(): void {
    Object.assign(this.#totals, { passed: 0, failed: 0, skipped: 0 });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    for (const module of modules) addModule(this.#totals, module);
    this.#totals.failed += unhandledErrors.length;
  }
}

function addModule(totals: RunTotals, module: TestModule): void {
  totals.failed += module.errors().length;
  for (const suite of module.children.allSuites()) totals.failed += suite.errors().length;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === 'passed') totals.passed += 1;
    else if (state === 'failed') totals.failed += 1;
    else totals.skipped += 1;
  }
}

/** Writes the line and returns the exit status that goes with it. */
function closeRun(totals: RunTotals, status: number): number {
  const ranNothing = totals.passed + totals.failed === 0;
  if (ranNothing || (status !== 0 && totals.failed === 0)) totals.failed += 1;
  // Straight to the descriptor: at exit nothing waits for a stream.
  writeSync(process.stdout.fd, `${closingLine(totals)}\n`);
  return totals.failed > 0 && status === 0 ? 1 : status;
}

function closingLine({ passed, failed, skipped }: Readonly<RunTotals>): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
