/**
 * Domains can be read here; they are made by writing them into identity.yaml.
 */
import { currentModel, found, listReply, param, requireAdmin, requireCaller, v3Url } from '../call.ts';
import type { Call, Reply } from '../call.ts';
import { forbidden } from '../identity-error.ts';
import { hasRole } from '../token-description.ts';
import { renderDomain } from '../views.ts';

export function listDomains(call: Call): Reply {
  requireAdmin(call);
  return listReply(call, {
    name: 'domains',
    entries: currentModel(call).domains.values(),
    render: (domain) => renderDomain(domain, v3Url(call)),
    filters: { name: (domain) => domain.name, enabled: (domain) => domain.enabled },
  });
}

/** Errors: 403 unless it is the caller's own domain, that of its project, or the caller is an administrator. */
export function showDomain(call: Call): Reply {
  const caller = requireCaller(call);
  const id = param(call, 'domain');
  const own = [caller.user.domain.id, caller.project?.domain.id, caller.domain?.id];
  if (!own.includes(id) && !hasRole(caller, 'admin')) throw forbidden();
  return { status: 200, body: { domain: renderDomain(found(currentModel(call).domains, id), v3Url(call)) } };
}
