/** The property protections of a differential run, in both styles: the same rights, by roles and by policies. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

type Rights = readonly [create: string, read: string, update: string, delete_: string];

/** In the order of the file: the first pattern that is found in a name decides, and what none is found in is nobody's. */
const rightsByRoles: readonly (readonly [pattern: string, rights: Rights])[] = [
  ['^x_admin_', ['admin', 'admin', 'admin', 'admin']],
  ['^x_owner_[a-c]$', ['admin,member', 'admin,member', 'admin,member', 'admin,member']],
  ['^x_reader_', ['admin,member', 'admin,member,reader', 'admin,member', 'admin']],
  ['^x_once_', ['member', 'member', '!', '!']],
  ['^x_all_|^y_all$', ['@', '@', '@', '@']],
  ['^x_none_', ['', '', '', '']],
  ['case', ['Admin, MEMBER', ' ADMIN , Member', 'ADMIN', 'ADMIN']],
  ['^x_drop_', ['member', 'admin', 'member', 'member']],
  ['^x_keep_', ['admin', '@', 'member', 'admin']],
];

/** A policy for each list of roles. */
const policies: ReadonlyMap<string, string> = new Map([
  ['admin', 'protected_by_admin'],
  ['ADMIN', 'protected_by_admin'],
  ['member', 'protected_by_member'],
  ['admin,member', 'protected_by_both'],
  ['Admin, MEMBER', 'protected_by_both'],
  [' ADMIN , Member', 'protected_by_both'],
  ['admin,member,reader', 'protected_by_all'],
]);

const rules = {
  protected_by_admin: 'role:admin',
  protected_by_member: 'role:member',
  protected_by_both: 'rule:protected_by_admin or rule:protected_by_member',
  protected_by_all: 'rule:protected_by_both or role:reader',
};

export const protectionFiles = {
  roles: 'protections-by-roles.conf',
  policies: 'protections-by-policies.conf',
} as const;

/** Both files, and the policies that one of them names. */
export async function writeProtectionFiles(folder: string): Promise<void> {
  await writeFile(
    join(folder, protectionFiles.roles),
    render((requirement) => requirement),
  );
  await writeFile(
    join(folder, protectionFiles.policies),
    render((requirement) => policies.get(requirement) ?? requirement),
  );
  await writeFile(join(folder, 'policy.d', 'protections.yaml'), JSON.stringify(rules));
}

function render(value: (requirement: string) => string): string {
  const keys = ['create', 'read', 'update', 'delete'];
  return rightsByRoles
    .map(([pattern, rights]) => [`[${pattern}]`, ...rights.map((each, index) => `${keys[index]} = ${value(each)}`)])
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}
