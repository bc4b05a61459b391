/**
 * Which sections sign in to Keystone, and with which options: their own, or those of the section that their
 * `auth_section` names. Source: contract 10 §2; 11 §5
 */
import { readOption } from './option-lookup.ts';
import type { RawConfiguration } from './option-lookup.ts';
import type { Option } from './option.ts';
import { keystoneTokenLogin } from './options/identity.ts';
import { describeKeystoneLogin } from './options/keystone-login.ts';
import type { KeystoneLoginOptions } from './options/keystone-login.ts';
import { unifiedLimitLogin } from './options/unified-limits.ts';

const ownOptions = { keystone_authtoken: keystoneTokenLogin, oslo_limit: unifiedLimitLogin } as const;

/** A section that signs in. */
export type LoginGroup = keyof typeof ownOptions;

export interface LoginSections {
  /** The options that count for a section. */
  readonly optionsOf: (group: LoginGroup) => KeystoneLoginOptions;
  /** Those of sections that are named only in the configuration. */
  readonly added: readonly Option[];
}

export function findLoginSections(raw: RawConfiguration): LoginSections {
  const added = new Map<string, KeystoneLoginOptions>();
  const known: ReadonlyMap<string, KeystoneLoginOptions> = new Map(Object.entries(ownOptions));
  const find = (own: KeystoneLoginOptions): KeystoneLoginOptions => {
    const { value } = readOption(raw, own.authSection);
    // Files have section names in lower case.
    const name = typeof value === 'string' ? value.trim().toLowerCase() : '';
    if (name === '') return own;
    const options = known.get(name) ?? added.get(name) ?? describeKeystoneLogin(name);
    if (!known.has(name)) added.set(name, options);
    return options;
  };
  const found = { keystone_authtoken: find(keystoneTokenLogin), oslo_limit: find(unifiedLimitLogin) };
  return {
    optionsOf: (group) => found[group],
    added: [...added.values()].flatMap((options) => Object.values(options)),
  };
}
