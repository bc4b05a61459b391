/**
 * identity.yaml on disk: read when it changes, written one edit at a time.
 *
 * Somebody may edit the file while the service runs. A broken file is reported once and the last good content stays in
 * force; the service then refuses to write, so the edit is not lost.
 */
import { IdentityFileError, parseIdentity } from './identity-document.ts';
import type { IdentityDraft } from './identity-document.ts';
import { IdentityError } from './identity-error.ts';
import type { IdentityModel } from './identity-model.ts';
import { writeFileDurably } from './durable-file.ts';
import { generateSecret } from './secrets.ts';
import { WatchedFile } from './watched-file.ts';

const checkEveryMs = 1000;

export interface IdentityFileOptions {
  readonly path: string;
  readonly now: () => Date;
  /** Told about problems of the file, without secrets. */
  readonly report: (problem: string) => void;
}

/** A model that can sign tokens. */
export type UsableModel = IdentityModel & { readonly signingKey: string };

export class IdentityFile {
  readonly #options: IdentityFileOptions;
  readonly #watched: WatchedFile;
  #text: string;
  #model: UsableModel;
  #broken = false;
  #checkedAtMs: number;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: IdentityFileOptions, opened: { watched: WatchedFile; text: string; model: UsableModel }) {
    this.#options = options;
    this.#watched = opened.watched;
    this.#text = opened.text;
    this.#model = opened.model;
    this.#checkedAtMs = options.now().getTime();
  }

  /** The content in force; the file is looked at once a second at most. */
  model(): UsableModel {
    const elapsedMs = this.#options.now().getTime() - this.#checkedAtMs;
    // A clock set back must not stop the checks.
    if (elapsedMs >= checkEveryMs || elapsedMs < 0) this.#refresh();
    return this.#model;
  }

  /**
   * Changes the file and gives what `change` gives, after the content is on disk. Nothing is written when `change`
   * raises. Errors: 503 when the file is broken.
   */
  async edit<T>(change: (draft: IdentityDraft) => T): Promise<T> {
    const turn = this.#queue.then(() => this.#applyEdit(change));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #applyEdit<T>(change: (draft: IdentityDraft) => T): Promise<T> {
    this.#refresh();
    if (this.#broken) throw new IdentityError(503, 'The identity file has an error; it must be corrected first.');
    const draft = parseIdentity(this.#text);
    const result = change(draft);
    const text = renderDocument(draft);
    const model = usable(parseIdentity(text).model);
    await writeFileDurably(this.#options.path, text);
    this.#text = text;
    this.#model = model;
    return result;
  }

  #refresh(): void {
    this.#checkedAtMs = this.#options.now().getTime();
    try {
      const text = this.#watched.readIfChanged();
      if (text === undefined) return;
      this.#broken = true;
      this.#model = usable(parseIdentity(text).model);
      this.#text = text;
      this.#broken = false;
    } catch (error) {
      if (error instanceof IdentityFileError) this.#options.report(`${this.#options.path}: ${error.message}`);
      else this.#reportUnreadable(error);
    }
  }

  #reportUnreadable(error: unknown): void {
    if (!(error instanceof Error)) throw error;
    if (!this.#broken) this.#options.report(`${this.#options.path}: cannot be read (${error.message})`);
    this.#broken = true;
    this.#watched.forget();
  }
}

/** Opens the file; completes one written by hand with a signing key. Errors: IdentityFileError, those of `open`. */
export async function openIdentityFile(options: IdentityFileOptions): Promise<IdentityFile> {
  const watched = new WatchedFile(options.path);
  const text = watched.readIfChanged() ?? '';
  try {
    const draft = parseIdentity(text);
    if (draft.model.signingKey !== undefined) {
      return new IdentityFile(options, { watched, text, model: usable(draft.model) });
    }
    draft.document.setIn(['signing_key'], generateSecret() + generateSecret());
    const completed = renderDocument(draft);
    await writeFileDurably(options.path, completed);
    return new IdentityFile(options, { watched, text: completed, model: usable(parseIdentity(completed).model) });
  } catch (error) {
    if (error instanceof IdentityFileError) throw new IdentityFileError(`${options.path}: ${error.message}`);
    throw error;
  }
}

function usable(model: IdentityModel): UsableModel {
  if (model.signingKey === undefined) throw new IdentityFileError('signing_key is missing');
  return { ...model, signingKey: model.signingKey };
}

function renderDocument(draft: IdentityDraft): string {
  return draft.document.toString({ lineWidth: 0 });
}
