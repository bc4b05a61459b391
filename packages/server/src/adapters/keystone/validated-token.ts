/** What Keystone says of a token that it knows. Source: contract 10 §2, §3 */
import { parseIsoTime } from '../../lib/iso-time.ts';
import { recordOf } from './identity-endpoint.ts';

/** What an application credential may call. */
export interface AccessRule {
  readonly id: string;
  readonly service: string;
  readonly method: string;
  readonly path: string;
}

/** A user or project. */
export interface TokenParty {
  readonly id: string | null;
  readonly name: string | null;
  readonly domainId: string | null;
}

export interface ValidatedToken {
  readonly user: TokenParty;
  /** Null unless the token is good for a project, as are the two below for theirs. */
  readonly project: TokenParty | null;
  readonly domainId: string | null;
  /** `all`, or null. */
  readonly systemScope: string | null;
  readonly roles: readonly string[];
  readonly isAdminProject: boolean;
  readonly expiresAtMilliseconds: number;
  /** Null when the token may be used for every call. */
  readonly accessRules: readonly AccessRule[] | null;
  /** Types of the services in the catalog; empty without one. */
  readonly serviceTypes: readonly string[];
  /** To what the token is bound, `kerberos`. */
  readonly bindKinds: readonly string[];
  /** All of it, as Keystone worded it: `{"token": …}`. */
  readonly document: string;
}

/** Gives null for what is not the description of a token. `text`: the document as it was read, if it was. */
export function readToken(document: unknown, text: string = JSON.stringify(document)): ValidatedToken | null {
  const token = recordOf(recordOf(document)['token']);
  const expiresAt = textOf(token['expires_at']);
  const expires = expiresAt === null ? null : parseIsoTime(expiresAt);
  if (expires === null || textOf(recordOf(token['user'])['id']) === null) return null;
  const rules = recordOf(token['application_credential'])['access_rules'];
  return {
    user: partyOf(token['user']),
    project: token['project'] === undefined ? null : partyOf(token['project']),
    domainId: textOf(recordOf(token['domain'])['id']),
    systemScope: recordOf(token['system'])['all'] === true ? 'all' : null,
    roles: listOf(token['roles']).flatMap(({ name }) => textOf(name) ?? []),
    isAdminProject: token['is_admin_project'] !== false,
    expiresAtMilliseconds: expires.getTime(),
    accessRules: rules === undefined || rules === null ? null : listOf(rules).map(ruleOf),
    serviceTypes: listOf(token['catalog']).flatMap(({ type }) => textOf(type) ?? []),
    bindKinds: Object.keys(recordOf(token['bind'])),
    document: text,
  };
}

/** The catalog of the token; undefined when it came without one. */
export function catalogOf({ document }: ValidatedToken): unknown {
  return recordOf(recordOf(JSON.parse(document))['token'])['catalog'];
}

function partyOf(value: unknown): TokenParty {
  const { id, name, domain } = recordOf(value);
  return { id: textOf(id), name: textOf(name), domainId: textOf(recordOf(domain)['id']) };
}

/** A rule that does not say something allows nothing: no request is without a method. */
function ruleOf({ id, service, method, path }: Readonly<Record<string, unknown>>): AccessRule {
  return {
    id: textOf(id) ?? '',
    service: textOf(service) ?? '',
    method: textOf(method) ?? '',
    path: textOf(path) ?? '',
  };
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
