/** Ids nobody can guess and nobody has: random UUIDs, lower case. */
export interface RandomIds {
  next(): string;
}
