/** How the service gets a token of its own, and where that is good. Source: contract 10 §2 */
import { ImageServiceError } from '../../domain/errors.ts';
import { parseIsoTime } from '../../lib/iso-time.ts';
import type { Clock } from '../../ports/clock.ts';
import { discoverIdentityRoot, findIdentityAddress, recordOf } from './identity-endpoint.ts';
import type { EndpointChoice } from './identity-endpoint.ts';
import { KeystoneTrouble, keystoneUnavailable } from './keystone-failures.ts';
import type { KeystoneAnswer, KeystoneHttp } from './keystone-http.ts';
import { loginDocument } from './keystone-login.ts';
import type { KeystoneLogin } from './keystone-login.ts';

export interface OwnLogin {
  readonly login: KeystoneLogin;
  readonly endpoint: EndpointChoice;
  readonly clock: Clock;
}

export interface OwnToken {
  readonly text: string;
  /** Address of version 3, without a slash at its end. */
  readonly root: string;
  readonly expiresAtMilliseconds: number;
  /** From then on a new one is fetched. */
  readonly renewAtMilliseconds: number;
}

/** A token is renewed when so much of its life is left, or a quarter of it where that is shorter. */
const renewalMarginMilliseconds = 120_000;

/** Trying again is of no use before somebody has changed something; the cause of the failure then. */
export class LoginRefusal extends KeystoneTrouble {}

/**
 * Raises `unavailable` when Keystone cannot be reached or does not let the service in, and `internal` when the catalog
 * does not say where Keystone is.
 */
export async function signIn(http: KeystoneHttp, own: OwnLogin): Promise<OwnToken> {
  const authRoot = await discoverIdentityRoot(http, own.login.authUrl);
  const answer = await http.ask({
    method: 'POST',
    url: `${authRoot}/auth/tokens`,
    headers: {},
    document: loginDocument(own.login),
  });
  if (answer.status === 200 || answer.status === 201) return readOwnToken(http, own, answer);
  const refusal = new LoginRefusal(`Keystone refuses to sign the service in: it answers ${answer.status}`);
  throw keystoneUnavailable(refusal);
}

async function readOwnToken(
  http: KeystoneHttp,
  { endpoint, clock }: OwnLogin,
  answer: KeystoneAnswer,
): Promise<OwnToken> {
  const text = answer.header('x-subject-token');
  const { expires_at: expiresAt, catalog } = recordOf(recordOf(answer.body)['token']);
  const expires = typeof expiresAt === 'string' ? parseIsoTime(expiresAt) : null;
  if (text === null || expires === null) {
    throw keystoneUnavailable(new KeystoneTrouble('Keystone answers a login with something that is no token'));
  }
  const address = endpoint.override ?? findIdentityAddress(catalog, endpoint);
  if (address === null) {
    const cause = new LoginRefusal(`the catalog has no address of Keystone ${describeChoice(endpoint)}`);
    throw new ImageServiceError('internal', 'The service cannot find Keystone.', { cause });
  }
  const life = expires.getTime() - clock.now().getTime();
  return {
    text,
    root: await discoverIdentityRoot(http, address),
    expiresAtMilliseconds: expires.getTime(),
    renewAtMilliseconds: expires.getTime() - Math.min(renewalMarginMilliseconds, life / 4),
  };
}

function describeChoice({ interfaces, region }: EndpointChoice): string {
  return `(${interfaces.join(' or ')}${region === null ? '' : `, region ${region}`})`;
}
