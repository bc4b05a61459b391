/**
 * The policy in force: the operator's files over the default rules, followed while the service runs.
 *
 * At start a wrong file is an error. Later the last good rules stay in force until the files can be read again, so that
 * a slip of the pen neither stops the service nor opens it. Source: contract 10 §4.
 * Differs: a rule removed from the files goes back to its default at once.
 */
import { readFileSync } from 'node:fs';
import { ImageServiceError } from '../../domain/errors.ts';
import { createPolicyEngine } from '../../domain/policy/policy-engine.ts';
import type { PolicyEngine } from '../../domain/policy/policy-engine.ts';
import type { RuleOrigin } from '../../domain/policy/rule-evaluation.ts';
import type { RuleSource } from '../../domain/policy/rule-parser.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RemotePolicyCheck } from '../../ports/remote-policy-check.ts';
import { findPath, fingerprintOf, listPolicyFiles } from './file-search.ts';
import { parsePolicyDocument } from './policy-document.ts';
import { reasonOf } from './unreadable-files.ts';

export interface PolicyFilesOptions {
  /** Absolute, or looked for in `searchDirectories`. A file that is nowhere leaves the default rules. */
  readonly file: string;
  /** Folders of further files, looked for in the same way; each file overrides those before it. */
  readonly directories: readonly string[];
  /** In order of preference. */
  readonly searchDirectories: readonly string[];
  readonly enforceNewDefaults: boolean;
  readonly defaultRule: string;
  /** Administrators whom a rule refuses are told why. */
  readonly explainsDenials: boolean;
}

export type PolicyEvent =
  /** Something in the rules is probably not what was meant. */
  | { readonly kind: 'problem'; readonly message: string }
  | { readonly kind: 'reloaded'; readonly files: readonly string[] }
  /** The rules before stay in force. Told once for each reason. */
  | { readonly kind: 'reload-failed'; readonly error: ImageServiceError };

export interface PolicyFilesDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly remoteCheck: RemotePolicyCheck;
  readonly report: (event: PolicyEvent) => void;
}

export interface PolicySource {
  /** The engine to ask now. Looks for changed files at most once a second; never throws. */
  current(): PolicyEngine;
  /** The files the current rules were read from, in the order they were applied. */
  files(): readonly string[];
}

const checkPauseMilliseconds = 1000;

/** Raises `internal`, with the file and the reason, when a file cannot be read or is wrong. */
export function openPolicy(options: PolicyFilesOptions, deps: PolicyFilesDeps): PolicySource {
  return new FollowedPolicy(options, deps);
}

interface LoadedPolicy {
  readonly engine: PolicyEngine;
  readonly files: readonly string[];
  readonly fingerprint: string;
}

class FollowedPolicy implements PolicySource {
  readonly #options: PolicyFilesOptions;
  readonly #deps: PolicyFilesDeps;
  /** Once found it stays the same file: should it vanish, another of that name must not take its place unnoticed. */
  #mainFile: string | null = null;
  #loaded: LoadedPolicy;
  #checkedAt: number;
  #lastFailure: string | null = null;

  constructor(options: PolicyFilesOptions, deps: PolicyFilesDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#checkedAt = deps.clock.now().getTime();
    this.#loaded = this.#load();
    this.#reportProblems();
  }

  current(): PolicyEngine {
    const elapsed = this.#deps.clock.now().getTime() - this.#checkedAt;
    // A clock that was set back must not stop the checks.
    if (elapsed >= checkPauseMilliseconds || elapsed < 0) this.#refresh();
    return this.#loaded.engine;
  }

  files(): readonly string[] {
    return this.#loaded.files;
  }

  #refresh(): void {
    this.#checkedAt = this.#deps.clock.now().getTime();
    try {
      const files = this.#findFiles();
      const failedBefore = this.#lastFailure !== null;
      if (!failedBefore && fingerprintOf(files) === this.#loaded.fingerprint) return;
      this.#loaded = this.#load();
    } catch (error) {
      this.#reportFailure(toPolicyError(error));
      return;
    }
    this.#lastFailure = null;
    this.#deps.report({ kind: 'reloaded', files: this.#loaded.files });
    this.#reportProblems();
  }

  /** The fingerprint is taken before the files are read, so that a change in between is found the next time. */
  #load(): LoadedPolicy {
    const files = this.#findFiles();
    const fingerprint = fingerprintOf(files);
    const overrides = new Map<string, RuleSource>();
    const origins = new Map<string, RuleOrigin>();
    const problems: string[] = [];
    for (const file of files) {
      const document = readPolicyFile(file);
      for (const [name, rule] of document.rules) {
        overrides.set(name, rule);
        origins.set(name, { file, line: document.lines.get(name) ?? 1 });
      }
      problems.push(...document.problems.map((problem) => `${file}: ${problem}`));
    }
    const engine = createPolicyEngine({
      overrides,
      origins,
      enforceNewDefaults: this.#options.enforceNewDefaults,
      defaultRule: this.#options.defaultRule,
      explainsDenials: this.#options.explainsDenials,
      askRemote: (url, question) => this.#deps.remoteCheck.ask(url, question),
    });
    return { engine: { ...engine, problems: [...problems, ...engine.problems] }, files, fingerprint };
  }

  #findFiles(): readonly string[] {
    const { file, directories, searchDirectories } = this.#options;
    this.#mainFile ??= findPath(file, searchDirectories);
    const further = directories
      .map((directory) => findPath(directory, searchDirectories))
      .filter((directory) => directory !== null)
      .flatMap((directory) => listFolder(directory));
    return this.#mainFile === null ? further : [this.#mainFile, ...further];
  }

  #reportProblems(): void {
    for (const message of this.#loaded.engine.problems) this.#deps.report({ kind: 'problem', message });
  }

  #reportFailure(error: ImageServiceError): void {
    if (this.#lastFailure === error.message) return;
    this.#lastFailure = error.message;
    this.#deps.report({ kind: 'reload-failed', error });
  }
}

function listFolder(directory: string): readonly string[] {
  try {
    return listPolicyFiles(directory);
  } catch (cause) {
    throw policyError(`The policy folder ${directory} cannot be read: ${reasonOf(cause)}.`, cause);
  }
}

function readPolicyFile(file: string) {
  try {
    return parsePolicyDocument(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw policyError(`The policy file ${file} cannot be used: ${reasonOf(cause)}.`, cause);
  }
}

function policyError(message: string, cause: unknown): ImageServiceError {
  return new ImageServiceError('internal', message, { cause });
}

function toPolicyError(error: unknown): ImageServiceError {
  return error instanceof ImageServiceError ? error : policyError('The policy cannot be loaded.', error);
}
