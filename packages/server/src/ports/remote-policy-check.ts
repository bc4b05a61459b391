/**
 * Asks a server of the operator's whether a call is allowed; policy rules of kind `http:` and `https:` need it.
 * Source: contract 10 §4.1.
 */
import type { RemoteQuestion } from '../domain/policy/rule-evaluation.ts';

export interface RemotePolicyCheck {
  /**
   * True if and only if the server agrees. Whatever it answers otherwise is false. A server that cannot be reached or
   * does not answer in time raises `internal`: the caller must not take that for a no. Asks once, without retry.
   */
  ask(url: string, question: RemoteQuestion): Promise<boolean>;
}
