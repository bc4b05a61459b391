/**
 * The limits that Keystone keeps for projects. Each call is about the service and region of one endpoint, which is looked
 * up once; what Keystone says about a project is believed for less than a second, so that a change acts at once.
 *
 * Invariant: what cannot be read is an error, and never "no limit". Source: contract 13 C3
 */
import { ImageServiceError } from '../../domain/errors.ts';
import { limitedResources } from '../../domain/images/project-limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LimitsOfResources, ProjectLimits } from '../../ports/project-limits.ts';
import { limitCalls } from './call-limit.ts';
import { recordOf } from './identity-endpoint.ts';
import { KeystoneTrouble } from './keystone-failures.ts';
import type { KeystoneCall, KeystoneSession } from './service-session.ts';
import { shareAnswers } from './shared-answers.ts';

/** The endpoint whose service and region the limits are of. */
export type LimitedEndpoint =
  | { readonly id: string }
  | {
      readonly serviceName: string | null;
      readonly serviceType: string | null;
      readonly region: string | null;
      readonly interface: string;
    };

export interface UnifiedLimitsOptions {
  readonly session: Pick<KeystoneSession, 'send'>;
  readonly endpoint: LimitedEndpoint;
  readonly clock: Pick<Clock, 'now'>;
  /** How long a call waits for its turn. */
  readonly patienceSeconds: number;
}

/** Ids of a service and a region. */
interface LimitedService {
  readonly serviceId: string;
  readonly regionId: string | null;
}

type Limits = ReadonlyMap<string, number>;

/** A little less than what is promised, for the way there and back. */
const believedMilliseconds = 900;
/** More would only wait inside of Keystone. */
const parallelCalls = 16;
const waitingCalls = 2000;

export function openUnifiedLimits(options: UnifiedLimitsOptions): ProjectLimits {
  const { endpoint, clock } = options;
  const inTurn = limitCalls({
    parallel: parallelCalls,
    waiting: waitingCalls,
    patienceSeconds: options.patienceSeconds,
  });
  const ask = (path: string, query: KeystoneCall['query'] = []) =>
    inTurn(() => askFor(options.session, { method: 'GET', path, query }));
  const services = shareAnswers({ clock, keptMilliseconds: Infinity }, () => findService(ask, endpoint));
  const registered = shareAnswers({ clock, keptMilliseconds: believedMilliseconds }, async () => {
    const [service] = await Promise.all([services(''), requireFlatModel(ask)]);
    return readLimits(await ask('/registered_limits', queryOf(service)), 'registered_limits', 'default_limit');
  });
  const ofProjects = shareAnswers({ clock, keptMilliseconds: believedMilliseconds }, async (projectId) => {
    const query = [...queryOf(await services('')), ['project_id', projectId] as const];
    return readLimits(await ask('/limits', query), 'limits', 'resource_limit');
  });

  return {
    async show(projectId) {
      const [own, general] = await Promise.all([projectId === null ? none : ofProjects(projectId), registered('')]);
      const limits = limitedResources.map((resource) => [resource, own.get(resource) ?? general.get(resource) ?? 0]);
      // Every resource is there: the list is the type.
      return Object.fromEntries(limits) as LimitsOfResources;
    },
  };
}

const none: Limits = new Map();

type Ask = (path: string, query?: KeystoneCall['query']) => Promise<Readonly<Record<string, unknown>>>;

async function askFor(
  session: UnifiedLimitsOptions['session'],
  call: KeystoneCall,
): Promise<Readonly<Record<string, unknown>>> {
  const { status, body } = await session.send(call);
  if (status === 200) return recordOf(body);
  throw unusable(`Keystone answers GET ${call.path} with ${status}`);
}

/** Limits of several levels are sums over projects that nobody here knows. */
async function requireFlatModel(ask: Ask): Promise<void> {
  const { name } = recordOf((await ask('/limits/model'))['model']);
  if (name !== 'flat') throw unusable(`Keystone enforces limits by the model ${JSON.stringify(name)}, not by "flat"`);
}

async function findService(ask: Ask, endpoint: LimitedEndpoint): Promise<LimitedService> {
  if ('id' in endpoint) {
    return serviceOf((await ask(`/endpoints/${encodeURIComponent(endpoint.id)}`))['endpoint']);
  }
  const { serviceName, serviceType, region, interface: kind } = endpoint;
  const named = [['type', serviceType] as const, ['name', serviceName] as const];
  const service = onlyOne('services', (await ask('/services', given(named)))['services']);
  if (region !== null) await ask(`/regions/${encodeURIComponent(region)}`);
  const sought = [['service_id', idOf(service)] as const, ['region_id', region] as const, ['interface', kind] as const];
  return serviceOf(onlyOne('endpoints', (await ask('/endpoints', given(sought)))['endpoints']));
}

function given(query: readonly (readonly [name: string, value: string | null])[]): NonNullable<KeystoneCall['query']> {
  return query.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}

function queryOf({ serviceId, regionId }: LimitedService): NonNullable<KeystoneCall['query']> {
  return given([['service_id', serviceId] as const, ['region_id', regionId] as const]);
}

function onlyOne(noun: string, found: unknown): unknown {
  const list: readonly unknown[] = Array.isArray(found) ? found : [];
  if (list.length === 1) return list[0];
  throw unusable(`of the ${noun} of Keystone, ${list.length} are what [oslo_limit] asks for, and not one`);
}

function idOf(entry: unknown): string {
  const { id } = recordOf(entry);
  if (typeof id === 'string') return id;
  throw unusable('Keystone answers without an id');
}

function serviceOf(endpoint: unknown): LimitedService {
  const { service_id: serviceId, region_id: regionId } = recordOf(endpoint);
  if (typeof serviceId !== 'string') throw unusable('Keystone answers with an endpoint of no service');
  return { serviceId, regionId: typeof regionId === 'string' ? regionId : null };
}

function readLimits(answer: Readonly<Record<string, unknown>>, noun: string, member: string): Limits {
  const entries = answer[noun];
  if (!Array.isArray(entries)) throw unusable(`Keystone answers without ${noun}`);
  return new Map(
    entries.map(recordOf).map((entry) => {
      const { resource_name: resource } = entry;
      const limit = entry[member];
      if (typeof resource === 'string' && typeof limit === 'number' && Number.isSafeInteger(limit)) {
        return [resource, limit] as const;
      }
      throw unusable(`Keystone answers with ${noun} that are none`);
    }),
  );
}

/** The client learns that it is not its fault, and the log what to put right. */
function unusable(reason: string): ImageServiceError {
  return new ImageServiceError('internal', 'The limits of projects cannot be read.', {
    cause: new KeystoneTrouble(reason),
  });
}
