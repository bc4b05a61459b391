/**
 * Who sends the requests of the differential tables: one set of identity headers a caller.
 *
 * Both services trust identity headers from their peer (`[paste_deploy] flavor = trusted-auth`), so a caller is
 * nothing but headers. Project ids are placeholders: every scenario gets projects of its own.
 */
function confirmed(userId: string, projectId: string, roles: string): Readonly<Record<string, string>> {
  return {
    'X-Identity-Status': 'Confirmed',
    'X-User-Id': userId,
    'X-Project-Id': projectId,
    'X-Roles': roles,
  };
}

export const callers = {
  /** An ordinary user of project 1: the roles Keystone gives a member. */
  alice: confirmed('alice', '{p1}', 'member,reader'),
  /** Project 1, the role member without the reader it normally implies. */
  anna: confirmed('anna', '{p1}', 'member'),
  /** Project 1, read only. */
  rita: confirmed('rita', '{p1}', 'reader'),
  /** Project 1, known to Keystone but without a role that any rule names. */
  nobody: confirmed('nobody', '{p1}', ''),
  /** Project 1, roles written in another case and with blanks. */
  shouting: confirmed('shouting', '{p1}', ' MEMBER , Reader'),
  bob: confirmed('bob', '{p2}', 'member,reader'),
  ben: confirmed('ben', '{p2}', 'reader'),
  carol: confirmed('carol', '{p3}', 'member,reader'),
  admin: confirmed('admin', '{p9}', 'admin,member,reader'),
  /** The admin role alone, without the roles it normally implies. */
  bareAdmin: confirmed('bare-admin', '{p9}', 'admin'),
  service: confirmed('service', '{p8}', 'service'),
  systemAdmin: {
    'X-Identity-Status': 'Confirmed',
    'X-User-Id': 'system-admin',
    'X-Roles': 'admin,member,reader',
    'OpenStack-System-Scope': 'all',
  },
  domainAdmin: {
    'X-Identity-Status': 'Confirmed',
    'X-User-Id': 'domain-admin',
    'X-Roles': 'admin,member,reader',
    'X-Domain-Id': 'default',
  },
  /** A caller whose token was refused. */
  refused: { ...confirmed('refused', '{p1}', 'member,reader'), 'X-Identity-Status': 'Invalid' },
  /** A caller who sent no token. */
  stranger: {},
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

export type Caller = keyof typeof callers;
