/**
 * How passwords and secrets are made, kept and compared.
 *
 * A kept secret is one line that says how it was made, `scrypt$ln=14,r=8,p=1$<salt>$<hash>` (base64url), so the cost can
 * be raised later. A line without that beginning is the secret itself: what somebody wrote into the file by hand.
 */
import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

const prefix = 'scrypt$';
const pattern = /^scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]{16,128})\$([\w-]{22,128})$/;
const costLog2 = 14;
const blockSize = 8;
const parallelism = 1;
const hashBytes = 32;
const saltBytes = 16;

interface ScryptHash {
  readonly costLog2: number;
  readonly blockSize: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** 32 URL-safe characters, 192 random bits; never starts with a dash, so it can be a command line argument. */
export function generateSecret(): string {
  for (;;) {
    const secret = randomBytes(24).toString('base64url');
    if (/^[A-Za-z]/.test(secret)) return secret;
  }
}

/** 32 hexadecimal characters, as Keystone's ids. */
export function generateId(): string {
  return randomBytes(16).toString('hex');
}

export async function hashSecret(secret: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const hash = await derive(secret, { costLog2, blockSize, parallelism, salt, hash: Buffer.alloc(hashBytes) });
  const parameters = `ln=${costLog2},r=${blockSize},p=${parallelism}`;
  return `${prefix}${parameters}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/** Whether a kept secret can be used: readable when it is hashed, not empty when it is plain. */
export function isUsableSecret(kept: string): boolean {
  return kept.startsWith(prefix) ? parseHash(kept) !== undefined : kept.length > 0;
}

/**
 * Whether `candidate` is the kept secret. `kept` is null for an account that does not exist or has no secret; that, a
 * plain secret and a hashed one all cost one derivation, so the time taken does not tell them apart.
 */
export async function verifySecret(kept: string | null, candidate: string): Promise<boolean> {
  const parsed = kept === null ? undefined : parseHash(kept);
  if (parsed !== undefined) return timingSafeEqual(await derive(candidate, parsed), parsed.hash);
  await hashSecret(candidate);
  return kept !== null && !kept.startsWith(prefix) && timingSafeEqual(digest(kept), digest(candidate));
}

function parseHash(kept: string): ScryptHash | undefined {
  const [, ln, r, p, salt, hash] = pattern.exec(kept) ?? [];
  if (salt === undefined || hash === undefined) return undefined;
  const parsed = { costLog2: Number(ln), blockSize: Number(r), parallelism: Number(p) };
  const memoryBytes = 128 * parsed.blockSize * 2 ** parsed.costLog2;
  if (parsed.costLog2 < 1 || parsed.blockSize < 1 || parsed.parallelism < 1) return undefined;
  if (memoryBytes > 256 * 2 ** 20 || parsed.parallelism > 16) return undefined;
  return { ...parsed, salt: Buffer.from(salt, 'base64url'), hash: Buffer.from(hash, 'base64url') };
}

function derive(secret: string, how: ScryptHash): Promise<Buffer> {
  const options = { N: 2 ** how.costLog2, r: how.blockSize, p: how.parallelism, maxmem: 512 * 2 ** 20 };
  return new Promise((resolve, reject) => {
    scrypt(secret, how.salt, how.hash.length, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
