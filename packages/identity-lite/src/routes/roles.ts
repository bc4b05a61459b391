/**
 * Roles, and which role brings which other one with it. Anybody with a token may read them: their names are no secret
 * and application credentials are made from them.
 */
import { currentModel, found, listReply, param, requireAdmin, requireCaller, v3Url } from '../call.ts';
import type { Call, Reply } from '../call.ts';
import { readOptions } from '../entry-attributes.ts';
import { addEntry, removeRole } from '../identity-edits.ts';
import { badRequest, conflict, forbidden } from '../identity-error.ts';
import { builtinRoleNames, findRoleByName, impliedRoleNames } from '../identity-model.ts';
import type { IdentityModel, Role } from '../identity-model.ts';
import { generateId } from '../secrets.ts';
import { renderRole } from '../views.ts';

const maxNameCharacters = 255;

export function listRoles(call: Call): Reply {
  requireCaller(call);
  return listReply(call, {
    name: 'roles',
    entries: currentModel(call).roles.values(),
    render: (role) => renderRole(role, v3Url(call)),
    // No role belongs to a domain.
    filters: { name: (role) => role.name, domain_id: () => null },
  });
}

export function showRole(call: Call): Reply {
  requireCaller(call);
  return roleReply(call, 200, param(call, 'role'));
}

export async function createRole(call: Call): Promise<Reply> {
  requireAdmin(call);
  const given = (await call.readBody()).object('role');
  if (typeof given.optionalText('domain_id') === 'string') throw badRequest('Roles cannot belong to a domain here.');
  readOptions(given);
  const id = generateId();
  await call.deps.file.edit((draft) => {
    const name = given.text('name', maxNameCharacters);
    if (findRoleByName(draft.model.roles, name) !== undefined) throw conflict(`The name ${name} is taken.`);
    addEntry(draft, 'roles', { id, name, description: given.optionalText('description') ?? undefined });
  });
  return roleReply(call, 201, id);
}

/** Errors: 403 for the roles every installation has. */
export async function deleteRole(call: Call): Promise<Reply> {
  requireAdmin(call);
  await call.deps.file.edit((draft) => {
    const role = found(draft.model.roles, param(call, 'role'));
    if (builtinRoleNames.some((name) => name === role.name)) throw forbidden('A built-in role cannot be deleted.');
    removeRole(draft, role);
  });
  return { status: 204 };
}

export function listImpliedRoles(call: Call): Reply {
  requireCaller(call);
  const model = currentModel(call);
  const prior = found(model.roles, param(call, 'role'));
  return {
    status: 200,
    body: { role_inference: renderInference(call, { model, prior, implied: impliedBy(model, prior) }) },
  };
}

export function listRoleInferences(call: Call): Reply {
  requireCaller(call);
  const model = currentModel(call);
  const inferences = [...model.roles.values()]
    .map((prior) => ({ model, prior, implied: impliedBy(model, prior) }))
    .filter(({ implied }) => implied.length > 0);
  return { status: 200, body: { role_inferences: inferences.map((inference) => renderInference(call, inference)) } };
}

interface Inference {
  readonly model: IdentityModel;
  readonly prior: Role;
  readonly implied: readonly Role[];
}

function renderInference(call: Call, { prior, implied }: Inference): unknown {
  const brief = ({ id, name, description }: Role): unknown => {
    return { id, name, description, links: { self: `${v3Url(call)}/roles/${id}` } };
  };
  return { prior_role: brief(prior), implies: implied.map(brief) };
}

function impliedBy(model: IdentityModel, prior: Role): Role[] {
  const implied = findRoleByName(model.roles, impliedRoleNames.get(prior.name) ?? '');
  return implied === undefined ? [] : [implied];
}

function roleReply(call: Call, status: number, id: string): Reply {
  return { status, body: { role: renderRole(found(currentModel(call).roles, id), v3Url(call)) } };
}
