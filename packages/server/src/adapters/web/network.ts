/** The two things the web client asks of the machine, so that tests can answer in its place. */
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface Network {
  /** All addresses of a name, in the order in which they are to be tried. A name that nobody knows is an error. */
  resolve(name: string): Promise<readonly string[]>;
  /** Starts a connection to an address, never to a name. */
  connect(address: string, port: number): Socket;
}

export const hostNetwork: Network = {
  async resolve(name) {
    const found = await lookup(name, { all: true, order: 'verbatim' });
    return found.map(({ address }) => address);
  },

  connect: (address, port) => connect({ host: address, port, noDelay: true }),
};
