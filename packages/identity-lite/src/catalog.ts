/**
 * The services there are: this one and the image service, both behind the address the client used.
 */
import { derivedId } from './identity-model.ts';

export const regionId = 'RegionOne';
const endpointInterfaces = ['public', 'internal', 'admin'] as const;

export interface CatalogUrls {
  /** Scheme and host, no slash at the end. */
  readonly baseUrl: string;
  /** URL of the identity service without version. */
  readonly mountUrl: string;
}

export interface Endpoint {
  readonly id: string;
  readonly serviceId: string;
  readonly interface: string;
  readonly url: string;
}

export interface CatalogService {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
}

export function listServices(urls: CatalogUrls): CatalogService[] {
  return [
    describeService({ type: 'identity', name: 'keystone', url: `${urls.mountUrl}/v3` }),
    describeService({ type: 'image', name: 'glance', url: urls.baseUrl }),
  ];
}

/** The catalogue as tokens carry it. */
export function renderCatalog(urls: CatalogUrls): unknown[] {
  return listServices(urls).map((service) => ({
    id: service.id,
    type: service.type,
    name: service.name,
    endpoints: service.endpoints.map((endpoint) => ({
      id: endpoint.id,
      interface: endpoint.interface,
      region: regionId,
      region_id: regionId,
      url: endpoint.url,
    })),
  }));
}

function describeService(service: { type: string; name: string; url: string }): CatalogService {
  const serviceId = derivedId('service', '', service.type);
  return {
    id: serviceId,
    type: service.type,
    name: service.name,
    endpoints: endpointInterfaces.map((kind) => {
      const id = derivedId('endpoint', service.type, kind);
      return { id, serviceId, interface: kind, url: service.url };
    }),
  };
}
