/** A network for tests: names and addresses of the whole world lead to one port of this machine, and are written down. */
import { connect } from 'node:net';
import type { Network } from './network.ts';

export interface TestNetwork extends Network {
  /** Addresses by name; further answers of the same name in turn, the last one for ever. */
  readonly names: Map<string, readonly (readonly string[])[]>;
  /** Names that were looked up, in order. */
  readonly lookups: string[];
  /** `address:port` of every connection that was begun, in order. */
  readonly connections: string[];
}

export interface TestNetworkOptions {
  /** Port of 127.0.0.1 that everything leads to. */
  readonly port: number;
  /** Addresses at which nobody ever answers. */
  readonly deafAddresses?: readonly string[];
}

export function openTestNetwork({ port, deafAddresses = [] }: TestNetworkOptions): TestNetwork {
  const names = new Map<string, readonly (readonly string[])[]>();
  const lookups: string[] = [];
  const connections: string[] = [];
  return {
    names,
    lookups,
    connections,
    async resolve(name) {
      const answers = names.get(name) ?? [];
      const asked = lookups.filter((each) => each === name).length;
      lookups.push(name);
      const answer = answers[Math.min(asked, answers.length - 1)];
      if (answer === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
      return answer;
    },
    connect(address, wanted) {
      connections.push(`${address}:${wanted}`);
      // Port 1 of this machine refuses; the other never gets as far as to ask.
      return deafAddresses.includes(address)
        ? connect({ host: '127.0.0.1', port: 1 })
        : connect({ host: '127.0.0.1', port });
    },
  };
}
