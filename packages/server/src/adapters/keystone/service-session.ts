/**
 * The service's own session with Keystone: signed in when it is first needed, renewed beside the calls before its token
 * ends, and once more when Keystone no longer accepts it.
 *
 * Invariant: callers that come at the same time share one login; a token never appears in an error.
 * Source: contract 10 §2
 */
import { ImageServiceError } from '../../domain/errors.ts';
import { KeystoneTrouble, keystoneUnavailable } from './keystone-failures.ts';
import { openKeystoneHttp } from './keystone-http.ts';
import type { KeystoneAnswer, KeystoneConnection } from './keystone-http.ts';
import { LoginRefusal, signIn } from './own-token.ts';
import type { OwnLogin, OwnToken } from './own-token.ts';

export interface KeystoneCall {
  readonly method: 'GET';
  /** Below version 3 of the identity API: `/auth/tokens`. */
  readonly path: string;
  readonly query?: readonly (readonly [name: string, value: string])[];
  readonly headers?: Readonly<Record<string, string>>;
}

export interface KeystoneSession {
  /**
   * The answer, whatever its status below 500 but for 401. Raises `unavailable` when Keystone cannot be reached, does not
   * answer in time or does not let the service in, and `internal` when the catalog does not say where Keystone is.
   */
  send(call: KeystoneCall): Promise<{ readonly status: number; readonly body: unknown }>;
  close(): Promise<void>;
}

export interface KeystoneSessionOptions extends OwnLogin {
  readonly connection: KeystoneConnection;
}

const refusedLoginPauseMilliseconds = 5_000;

/** Asks nothing yet: a Keystone that is down does not keep the service from starting. */
export function openKeystoneSession(options: KeystoneSessionOptions): KeystoneSession {
  const { clock } = options;
  const http = openKeystoneHttp(options.connection);
  let own: OwnToken | null = null;
  let signingIn: Promise<OwnToken> | null = null;
  let refusal: { readonly error: ImageServiceError; readonly untilMilliseconds: number } | null = null;

  async function signInUnlessRefused(): Promise<OwnToken> {
    if (refusal !== null && clock.now().getTime() < refusal.untilMilliseconds) throw refusal.error;
    try {
      return await signIn(http, options);
    } catch (error) {
      // What only the operator can mend is not tried again with every call; Keystone would lock the account in the end.
      if (error instanceof ImageServiceError && error.cause instanceof LoginRefusal) {
        refusal = { error, untilMilliseconds: clock.now().getTime() + refusedLoginPauseMilliseconds };
      }
      throw error;
    }
  }

  function renew(): Promise<OwnToken> {
    signingIn ??= signInUnlessRefused()
      .then((token) => (own = token))
      .finally(() => (signingIn = null));
    return signingIn;
  }

  async function ownToken(): Promise<OwnToken> {
    const now = clock.now().getTime();
    if (own === null || now >= own.expiresAtMilliseconds) return renew();
    // As long as the present one is good nobody waits for another, and it does not matter when there is none.
    if (now >= own.renewAtMilliseconds) renew().catch(() => undefined);
    return own;
  }

  async function sendAs(token: OwnToken, call: KeystoneCall): Promise<KeystoneAnswer> {
    const query = new URLSearchParams((call.query ?? []).map(([name, value]) => [name, value])).toString();
    return http.ask({
      method: call.method,
      url: `${token.root}${call.path}${query === '' ? '' : `?${query}`}`,
      headers: { ...call.headers, 'x-auth-token': token.text },
    });
  }

  return {
    async send(call) {
      const token = await ownToken();
      const answer = await sendAs(token, call);
      if (answer.status !== 401) return answer;
      // Another call may have seen the same, and have a new one already.
      if (own === token) own = null;
      const second = await sendAs(await ownToken(), call);
      if (second.status !== 401) return second;
      throw keystoneUnavailable(new KeystoneTrouble('Keystone does not accept the token it gave the service'));
    },
    async close() {
      http.close();
    },
  };
}
