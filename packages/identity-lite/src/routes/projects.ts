/**
 * Projects: administrators see and change all, everybody else sees the own ones.
 */
import {
  currentModel,
  found,
  listReply,
  param,
  requireAdmin,
  requireCaller,
  requireSelfOrAdmin,
  v3Url,
} from '../call.ts';
import type { Call, Reply } from '../call.ts';
import { extraChange, readOptions, refuseTakenName } from '../entry-attributes.ts';
import { addEntry, changeProject, removeProject } from '../identity-edits.ts';
import type { EntryChange } from '../identity-edits.ts';
import { badRequest, forbidden } from '../identity-error.ts';
import { projectsOf } from '../identity-model.ts';
import type { Project } from '../identity-model.ts';
import type { JsonObject } from '../request-body.ts';
import { generateId } from '../secrets.ts';
import { hasRole } from '../token-description.ts';
import { renderProject } from '../views.ts';

const maxNameCharacters = 64;
const readOnlyNames = ['id', 'domain_id', 'parent_id', 'is_domain', 'links', 'options'];
const knownNames = [...readOnlyNames, 'name', 'description', 'enabled', 'tags'];

const filters = {
  name: (project: Project) => project.name,
  domain_id: (project: Project) => project.domainId,
  parent_id: (project: Project) => project.domainId,
  enabled: (project: Project) => project.enabled,
  is_domain: () => false,
};

export function listProjects(call: Call): Reply {
  requireAdmin(call);
  const entries = currentModel(call).projects.values();
  return listReply(call, {
    name: 'projects',
    entries,
    render: (project) => renderProject(project, v3Url(call)),
    filters,
  });
}

export function listProjectsOfUser(call: Call): Reply {
  requireSelfOrAdmin(call, param(call, 'user'));
  const model = currentModel(call);
  const entries = projectsOf(model, found(model.users, param(call, 'user')));
  return listReply(call, {
    name: 'projects',
    entries,
    render: (project) => renderProject(project, v3Url(call)),
    filters,
  });
}

/** Errors: 403, also when there is no such project, unless the caller is an administrator. */
export function showProject(call: Call): Reply {
  const caller = requireCaller(call);
  const model = currentModel(call);
  const id = param(call, 'project');
  const isOwn = projectsOf(model, found(model.users, caller.user.id)).some((project) => project.id === id);
  if (!isOwn && !hasRole(caller, 'admin')) throw forbidden();
  return projectReply(call, 200, id);
}

export async function createProject(call: Call): Promise<Reply> {
  const caller = requireAdmin(call);
  const given = (await call.readBody()).object('project');
  const domainId = given.optionalText('domain_id') ?? caller.project?.domain.id ?? caller.user.domain.id;
  refuseHierarchy(given, domainId);
  const id = generateId();
  const change = readChange(given, undefined);
  await call.deps.file.edit((draft) => {
    if (!draft.model.domains.has(domainId)) throw badRequest('project.domain_id names no domain.');
    const name = given.text('name', maxNameCharacters);
    refuseTakenName(draft.model.projects, { id, domainId, name });
    addEntry(draft, 'projects', { id, name, domain: domainId, ...change });
  });
  return projectReply(call, 201, id);
}

export async function updateProject(call: Call): Promise<Reply> {
  requireAdmin(call);
  const given = (await call.readBody()).object('project');
  await call.deps.file.edit((draft) => {
    const project = found(draft.model.projects, param(call, 'project'));
    refuseHierarchy(given, project.domainId);
    const name = given.changedText('name', maxNameCharacters) ?? project.name;
    refuseTakenName(draft.model.projects, { id: project.id, domainId: project.domainId, name });
    changeProject(draft, project, { name, ...readChange(given, project) });
  });
  return projectReply(call, 200, param(call, 'project'));
}

export async function deleteProject(call: Call): Promise<Reply> {
  requireAdmin(call);
  await call.deps.file.edit((draft) => removeProject(draft, found(draft.model.projects, param(call, 'project'))));
  return { status: 204 };
}

/** What the body changes besides the name. */
function readChange(given: JsonObject, project: Project | undefined): EntryChange {
  readOptions(given);
  const description = given.optionalText('description');
  const enabled = given.optionalFlag('enabled');
  const tags = given.texts('tags');
  return {
    ...(description === undefined ? {} : { description: description ?? '' }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(tags === undefined ? {} : { tags: [...new Set(tags)] }),
    ...extraChange(given, knownNames, project?.extra),
  };
}

function refuseHierarchy(given: JsonObject, domainId: string): void {
  if (given.optionalFlag('is_domain') === true) throw badRequest('A project cannot act as a domain here.');
  const parentId = given.optionalText('parent_id') ?? domainId;
  if (parentId !== domainId) throw badRequest('Projects cannot be nested here; parent_id must be the domain.');
  if ((given.optionalText('domain_id') ?? domainId) !== domainId) {
    throw badRequest('A project cannot move to another domain.');
  }
}

function projectReply(call: Call, status: number, id: string): Reply {
  return { status, body: { project: renderProject(found(currentModel(call).projects, id), v3Url(call)) } };
}
