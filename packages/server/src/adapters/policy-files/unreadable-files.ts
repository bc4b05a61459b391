/** Why a file of the operator's cannot be read, in half a sentence. */

const systemReasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'the service may not read it',
  EPERM: 'the service may not read it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'it is not a folder',
};

export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'the reason is unknown';
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return systemReasons[code] ?? cause.message;
}
