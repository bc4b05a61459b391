/** A pattern while it is read, character by character; what is wrong with it is told with the position. */

export class UnreadablePattern extends Error {}

export interface RepetitionCount {
  readonly least: number;
  /** Null is any number. */
  readonly most: number | null;
}

/** More of one thing no property name has. */
const mostRepetitions = 255;

export class PatternSource {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    return this.#position >= this.#text.length;
  }

  /** The next character, whole even when it is beyond the first 65536; empty at the end. */
  peek(): string {
    const code = this.#text.codePointAt(this.#position);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  next(): string {
    const character = this.peek();
    if (character === '') throw this.problem('it ends too early');
    this.#position += character.length;
    return character;
  }

  sees(text: string): boolean {
    return this.#text.startsWith(text, this.#position);
  }

  /** Whether a hyphen comes next that stands for a range: one before the end of the set stands for itself. */
  seesRange(): boolean {
    return this.sees('-') && !this.sees('-]');
  }

  /** Whether the text came next; it is passed over then. */
  skip(text: string): boolean {
    if (!this.sees(text)) return false;
    this.#position += text.length;
    return true;
  }

  /** What the expression, which begins with `^`, finds here, passed over; null when it finds nothing. */
  take(expression: RegExp): RegExpExecArray | null {
    const found = expression.exec(this.#text.slice(this.#position));
    if (found !== null) this.#position += found[0].length;
    return found;
  }

  /** `*`, `+`, `?`, `{m}`, `{m,}`, `{,n}`, `{m,n}`; null when none comes next. Other braces stand for themselves. */
  takeRepetition(): RepetitionCount | null {
    if (this.skip('*')) return { least: 0, most: null };
    if (this.skip('+')) return { least: 1, most: null };
    if (this.skip('?')) return { least: 0, most: 1 };
    const found = this.take(/^\{(?:(\d+)|(\d*),(\d*))\}/);
    if (found === null) return null;
    const [, exactly, from = '', to = ''] = found;
    const least = Number(exactly ?? from);
    const most = exactly === undefined ? (to === '' ? null : Number(to)) : least;
    if (Math.max(least, most ?? 0) > mostRepetitions) {
      throw this.problem(`more than ${mostRepetitions} repetitions are not supported`);
    }
    if (most !== null && most < least) throw this.problem('a repetition has more at least than at most');
    return { least, most };
  }

  problem(reason: string): UnreadablePattern {
    return new UnreadablePattern(`${reason} (at character ${this.#position + 1})`);
  }
}
