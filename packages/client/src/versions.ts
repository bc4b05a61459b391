/** The versions a service offers; the one call that needs no token. Source: contract 01 §2. */
import type { VersionList } from '@lucarne/contract/wire.ts';
import { successOf } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';

export interface VersionMethods {
  listVersions(options?: CallOptions): Promise<VersionList>;
}

export function versionMethods({ endpoint, fetch }: Connection): VersionMethods {
  return {
    listVersions: async ({ signal } = {}) => {
      const headers = { accept: 'application/json' };
      const response = await fetch(`${endpoint}/versions`, { headers, ...(signal === undefined ? {} : { signal }) });
      // The service vouches for the shape: the contract's types describe what it answers.
      return (await (await successOf(response)).json()) as VersionList;
    },
  };
}
