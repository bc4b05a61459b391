/**
 * JSON that keeps numbers as they were written, and JSON as Python's `json` module writes it: `", "` and `": "` between
 * members, everything beyond printable ASCII escaped, floats in the notation of Python's `repr`.
 *
 * Other servers keep such documents in the same columns, and give whole numbers and floats different meanings (`5` and
 * `5.0`), which `JSON.parse` alone makes the same. Source: contract 12 §6.
 */
declare global {
  interface JSON {
    isRawJSON(value: unknown): boolean;
  }
}

/** A float without fraction, `100.0` or `1e+16`: the text is what Python writes for it. */
export interface WholeFloat {
  readonly rawJSON: string;
}

/**
 * Parses JSON. A whole number is a number, or a bigint where a number cannot hold it; a float without fraction is a
 * `WholeFloat`, any other a number. Raises `SyntaxError`, also for floats beyond all range.
 */
export function parseExactJson(text: string): unknown {
  // The type library does not know the context yet, which Node has had since 22.
  return JSON.parse(text, (_, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && context?.source !== undefined ? exactNumber(value, context.source) : value,
  );
}

function exactNumber(value: number, source: string): number | bigint | object {
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value) ? value : BigInt(source);
  if (!Number.isFinite(value)) throw new SyntaxError(`The number ${source} is too large.`);
  return Number.isInteger(value) ? JSON.rawJSON(pythonFloatText(value)) : value;
}

export function isWholeFloat(value: unknown): value is WholeFloat {
  return JSON.isRawJSON(value);
}

/** A float as Python's `repr` writes it. */
export function pythonFloatText(value: number): string {
  const [mantissa = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const unsigned = mantissa.replace('-', '');
  if (exponent < -4 || exponent >= 16) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${unsigned}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  const digits = unsigned.replace('.', '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/**
 * Writes what `parseExactJson` gives, and Maps as objects whose members keep their order. Members without a value are
 * left out.
 */
export function writePythonJson(value: unknown): string {
  if (typeof value === 'string') return asciiText(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(BigInt(value)) : pythonFloatText(value);
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(writePythonJson).join(', ')}]`;
  if (isWholeFloat(value)) return value.rawJSON;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  const members: string[] = [];
  for (const [name, member] of entries) {
    if (member !== undefined) members.push(`${asciiText(String(name))}: ${writePythonJson(member)}`);
  }
  return `{${members.join(', ')}}`;
}

function asciiText(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Writes the same values for people to read: indented, text as it is. */
export function writeReadableJson(value: unknown): string {
  return JSON.stringify(plainValue(value), null, 4);
}

/** The value in terms of what `JSON.stringify` knows. */
function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return JSON.rawJSON(String(value));
  if (Array.isArray(value)) return value.map(plainValue);
  if (isWholeFloat(value) || typeof value !== 'object' || value === null) return value;
  const entries: [unknown, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(entries.map(([name, member]) => [name, plainValue(member)]));
}
