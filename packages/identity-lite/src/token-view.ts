/**
 * A token as Keystone shows it.
 */
import { renderCatalog } from './catalog.ts';
import type { CatalogUrls } from './catalog.ts';
import type { TokenDescription } from './token-description.ts';
import { renderTime } from './views.ts';

/** `catalog` is left out when there are no URLs for it, and for unscoped tokens. */
export function renderToken(token: TokenDescription, urls: CatalogUrls | null): unknown {
  const isScoped = token.project !== null || token.domain !== null || token.system !== null;
  return {
    token: {
      methods: token.methods,
      user: { ...token.user, password_expires_at: null },
      audit_ids: token.auditIds,
      issued_at: renderTime(token.issuedAt),
      expires_at: renderTime(token.expiresAt),
      ...(token.project === null ? {} : { project: token.project, is_domain: false }),
      ...(token.domain === null ? {} : { domain: token.domain }),
      ...(token.system === null ? {} : { system: { all: true } }),
      ...(isScoped ? { roles: token.roles } : {}),
      ...(isScoped && urls !== null ? { catalog: renderCatalog(urls) } : {}),
      ...renderCredential(token),
    },
  };
}

function renderCredential({ applicationCredential: credential }: TokenDescription): object {
  if (credential === null) return {};
  const { id, name, restricted, accessRules } = credential;
  const rules = accessRules === null ? {} : { access_rules: accessRules };
  return { application_credential: { id, name, restricted, ...rules } };
}
