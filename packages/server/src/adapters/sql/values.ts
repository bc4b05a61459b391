/**
 * Between what a driver gives and what the service uses. Source: contract 12 §2.
 */

/** `YYYY-MM-DD HH:MM:SS.ffffff`, the text Glance writes on SQLite and every other database understands. */
export function timeToSql(time: Date): string {
  const iso = time.toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)}000`;
}

/** Reads a time without zone as UTC; fractions finer than a millisecond are cut off. */
export function timeFromSql(text: string): Date {
  return new Date(`${text.slice(0, 10)}T${text.slice(11, 23)}Z`);
}

export function numberFromSql(value: number | bigint | string): number {
  return Number(value);
}

export function nullableNumberFromSql(value: number | bigint | string | null): number | null {
  return value === null ? null : Number(value);
}

export function nullableBigintFromSql(value: number | bigint | string | null): bigint | null {
  return value === null ? null : BigInt(value);
}

export function booleanFromSql(value: number | bigint | boolean): boolean {
  return Boolean(value);
}
