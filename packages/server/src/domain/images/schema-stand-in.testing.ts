/** The image schema as far as tests of the rules need one. The real one is part of the contract package. */

const checks: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['id', (value) => typeof value === 'string' && /^[0-9a-fA-F-]{36}$/.test(value)],
  ['name', isNullableText],
  ['owner', isNullableText],
  ['visibility', (value) => ['community', 'public', 'private', 'shared'].some((allowed) => allowed === value)],
  ['protected', (value) => typeof value === 'boolean'],
  ['os_hidden', (value) => typeof value === 'boolean'],
  ['tags', (value) => Array.isArray(value) && value.every((tag) => typeof tag === 'string')],
  ['container_format', (value) => value === null || value === 'bare' || value === 'ovf'],
  ['disk_format', (value) => value === null || value === 'raw' || value === 'qcow2'],
  ['min_disk', (value) => Number.isInteger(value)],
  ['min_ram', (value) => Number.isInteger(value)],
  ['size', (value) => value === null || Number.isInteger(value)],
  ['locations', (value) => Array.isArray(value) && value.every((item) => typeof item === 'object')],
  // Declared by an operator.
  ['declared_integer', (value) => Number.isInteger(value)],
  ['declared_nullable', isNullableText],
]);

export function validateValue(property: string, value: unknown): string | null {
  const isValid = checks.get(property) ?? ((other: unknown) => typeof other === 'string');
  return isValid(value) ? null : `${property} is not valid`;
}

export function validateBody(body: unknown): string | null {
  for (const [property, value] of Object.entries(body ?? {})) {
    const problem = validateValue(property, value);
    if (problem !== null) return problem;
  }
  return null;
}

function isNullableText(value: unknown): boolean {
  return value === null || (typeof value === 'string' && value.length <= 255);
}
