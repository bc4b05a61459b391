/**
 * Integers that keep all their digits in JSON. Node has `JSON.rawJSON` since 22; the type library does not know it yet.
 */
declare global {
  interface JSON {
    rawJSON(text: string): object;
  }
}

/** A value that `JSON.stringify` writes as exactly this integer, also beyond 2^53. */
export function exactInteger(value: bigint): number | object {
  const fits = value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER);
  return fits ? Number(value) : JSON.rawJSON(value.toString());
}
