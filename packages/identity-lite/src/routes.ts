/**
 * The operation table: every path of the pocket identity service and what answers it.
 */
import type { Call, Reply } from './call.ts';
import {
  createApplicationCredential,
  deleteApplicationCredential,
  listApplicationCredentials,
  showApplicationCredential,
} from './routes/application-credentials.ts';
import {
  issueToken,
  listReachableDomains,
  listReachableProjects,
  listReachableSystems,
  revokeToken,
  showCatalog,
  showToken,
} from './routes/auth.ts';
import {
  listCatalogServices,
  listEndpoints,
  listRegions,
  showCatalogService,
  showEndpoint,
  showRegion,
} from './routes/catalog.ts';
import { listDomains, showDomain } from './routes/domains.ts';
import { listGroups, listGroupsOfUser } from './routes/groups.ts';
import {
  createProject,
  deleteProject,
  listProjects,
  listProjectsOfUser,
  showProject,
  updateProject,
} from './routes/projects.ts';
import {
  addRoleToUser,
  checkRoleOfUser,
  listRoleAssignments,
  listRolesOfUser,
  removeRoleFromUser,
} from './routes/role-assignments.ts';
import { createRole, deleteRole, listImpliedRoles, listRoleInferences, listRoles, showRole } from './routes/roles.ts';
import { changePassword, createUser, deleteUser, listUsers, showUser, updateUser } from './routes/users.ts';
import { listVersions, showVersion } from './routes/versions.ts';

export type Handler = (call: Call) => Reply | Promise<Reply>;

export interface Route {
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly params: ReadonlyMap<string, string>;
}

/** HEAD is answered wherever GET is. */
type Handlers = Readonly<Partial<Record<'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE' | 'HEAD', Handler>>>;

const listOfAssignedRoles: Handlers = { GET: listRolesOfUser };
const assignedRole: Handlers = {
  GET: checkRoleOfUser,
  PUT: addRoleToUser,
  DELETE: removeRoleFromUser,
};

const routes: Readonly<Record<string, Handlers>> = {
  '': { GET: listVersions },
  '/v3': { GET: showVersion },
  '/v3/auth/tokens': { POST: issueToken, GET: showToken, DELETE: revokeToken },
  '/v3/auth/catalog': { GET: showCatalog },
  '/v3/auth/projects': { GET: listReachableProjects },
  '/v3/auth/domains': { GET: listReachableDomains },
  '/v3/auth/system': { GET: listReachableSystems },
  '/v3/projects': { GET: listProjects, POST: createProject },
  '/v3/projects/:project': { GET: showProject, PATCH: updateProject, DELETE: deleteProject },
  '/v3/projects/:project/users/:user/roles': listOfAssignedRoles,
  '/v3/projects/:project/users/:user/roles/:role': assignedRole,
  '/v3/domains': { GET: listDomains },
  '/v3/domains/:domain': { GET: showDomain },
  '/v3/domains/:domain/users/:user/roles': listOfAssignedRoles,
  '/v3/domains/:domain/users/:user/roles/:role': assignedRole,
  '/v3/system/users/:user/roles': listOfAssignedRoles,
  '/v3/system/users/:user/roles/:role': assignedRole,
  '/v3/users': { GET: listUsers, POST: createUser },
  '/v3/users/:user': { GET: showUser, PATCH: updateUser, DELETE: deleteUser },
  '/v3/users/:user/password': { POST: changePassword },
  '/v3/users/:user/projects': { GET: listProjectsOfUser },
  '/v3/users/:user/groups': { GET: listGroupsOfUser },
  '/v3/users/:user/application_credentials': { GET: listApplicationCredentials, POST: createApplicationCredential },
  '/v3/users/:user/application_credentials/:credential': {
    GET: showApplicationCredential,
    DELETE: deleteApplicationCredential,
  },
  '/v3/groups': { GET: listGroups },
  '/v3/roles': { GET: listRoles, POST: createRole },
  '/v3/roles/:role': { GET: showRole, DELETE: deleteRole },
  '/v3/roles/:role/implies': { GET: listImpliedRoles },
  '/v3/role_inferences': { GET: listRoleInferences },
  '/v3/role_assignments': { GET: listRoleAssignments },
  '/v3/services': { GET: listCatalogServices },
  '/v3/services/:service': { GET: showCatalogService },
  '/v3/endpoints': { GET: listEndpoints },
  '/v3/endpoints/:endpoint': { GET: showEndpoint },
  '/v3/regions': { GET: listRegions },
  '/v3/regions/:region': { GET: showRegion },
};

/** The route of a path without slash at its end; undefined when there is none. */
export function findRoute(path: string): Route | undefined {
  const segments = path.split('/');
  for (const [pattern, handlers] of Object.entries(routes)) {
    const params = matchPath(pattern.split('/'), segments);
    if (params !== undefined) return { params, handlers: new Map(Object.entries(handlers)) };
  }
  return undefined;
}

function matchPath(pattern: readonly string[], segments: readonly string[]): ReadonlyMap<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params = new Map<string, string>();
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (!expected.startsWith(':')) {
      if (segment !== expected) return undefined;
      continue;
    }
    const value = decodeSegment(segment);
    if (value === undefined || value === '') return undefined;
    params.set(expected.slice(1), value);
  }
  return params;
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
