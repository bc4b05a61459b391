/**
 * Reads JSON request bodies. Every wrong type is a 400 that names the attribute.
 */
import { badRequest } from './identity-error.ts';
import { isExtraValue } from './identity-document.ts';
import type { ExtraValue } from './identity-model.ts';

const maxBodyBytes = 112 * 1024;

export class JsonObject {
  readonly #where: string;
  readonly #fields: ReadonlyMap<string, unknown>;

  constructor(where: string, content: unknown) {
    if (typeof content !== 'object' || content === null || Array.isArray(content)) {
      throw badRequest(`${where || 'The body'} must be a JSON object.`);
    }
    this.#where = where;
    this.#fields = new Map(Object.entries(content));
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  isEmpty(): boolean {
    return this.#fields.size === 0;
  }

  value(name: string): unknown {
    return this.#fields.get(name);
  }

  object(name: string): JsonObject {
    return new JsonObject(this.#path(name), this.value(name));
  }

  /** Undefined when it is missing or null. */
  optionalObject(name: string): JsonObject | undefined {
    return this.value(name) === undefined || this.value(name) === null ? undefined : this.object(name);
  }

  objects(name: string): JsonObject[] {
    const value = this.value(name);
    if (!Array.isArray(value)) throw badRequest(`${this.#path(name)} must be a list.`);
    return value.map((item, index) => new JsonObject(`${this.#path(name)}[${index}]`, item));
  }

  /** Undefined when missing, null when null. */
  optionalText(name: string, maxCharacters = 4096): string | null | undefined {
    const value = this.value(name);
    if (value === undefined || value === null) return value;
    if (typeof value !== 'string') throw badRequest(`${this.#path(name)} must be a string.`);
    if (value.length > maxCharacters) {
      throw badRequest(`${this.#path(name)} must not be longer than ${maxCharacters} characters.`);
    }
    return value;
  }

  text(name: string, maxCharacters = 4096): string {
    const value = this.optionalText(name, maxCharacters);
    if (value === undefined || value === null || value.trim() === '') {
      throw badRequest(`${this.#path(name)} is missing.`);
    }
    return value;
  }

  /** The new value of a required name when there is one. */
  changedText(name: string, maxCharacters: number): string | undefined {
    return this.has(name) ? this.text(name, maxCharacters) : undefined;
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'boolean') throw badRequest(`${this.#path(name)} must be true or false.`);
    return value;
  }

  texts(name: string): string[] | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw badRequest(`${this.#path(name)} must be a list of strings.`);
    return value.map((item: unknown) => {
      if (typeof item !== 'string') throw badRequest(`${this.#path(name)} must be a list of strings.`);
      return item;
    });
  }

  /** Attributes beyond the known ones; null stands for "remove". */
  extra(known: readonly string[]): Map<string, ExtraValue | null> {
    const extra = new Map<string, ExtraValue | null>();
    for (const [name, value] of this.#fields) {
      if (known.includes(name)) continue;
      if (value !== null && !isExtraValue(value)) {
        throw badRequest(`${this.#path(name)} must be a string, a number, true or false.`);
      }
      extra.set(name, value);
    }
    return extra;
  }

  #path(name: string): string {
    return this.#where === '' ? name : `${this.#where}.${name}`;
  }
}

/** The body as JSON. Errors: 400 when it cannot be read, is too large, is not JSON or not an object. */
export async function readJsonBody(body: () => Promise<Uint8Array>): Promise<JsonObject> {
  const bytes = await readBytes(body);
  if (bytes.length > maxBodyBytes) throw badRequest(`The body must not be larger than ${maxBodyBytes} bytes.`);
  return new JsonObject('', parseJson(bytes));
}

async function readBytes(body: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await body();
  } catch {
    throw badRequest('The body could not be read or is too large.');
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw badRequest('The body is not valid JSON.');
  }
}
