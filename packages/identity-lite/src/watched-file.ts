/**
 * Notices when a file was changed by somebody else.
 *
 * Reading is synchronous: the files are a few kilobytes, and validating a token must not wait.
 */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

export class WatchedFile {
  readonly #path: string;
  #stamp = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** The text when it is not the one read last, undefined when it is. Raises the error of `open` when there is none. */
  readIfChanged(): string | undefined {
    const descriptor = openSync(this.#path, 'r');
    try {
      const { ino, size, mtimeNs } = fstatSync(descriptor, { bigint: true });
      const stamp = `${ino}:${size}:${mtimeNs}`;
      if (stamp === this.#stamp) return undefined;
      const text = readFileSync(descriptor, 'utf8');
      this.#stamp = stamp;
      return text;
    } finally {
      closeSync(descriptor);
    }
  }

  /** Makes the next read give the text in any case. */
  forget(): void {
    this.#stamp = '';
  }
}
