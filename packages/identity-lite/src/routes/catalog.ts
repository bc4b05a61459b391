/**
 * Services, endpoints and regions. They follow from where the service is reached, so they can only be read.
 */
import { found, listReply, param, requireCaller, v3Url } from '../call.ts';
import type { Call, Reply } from '../call.ts';
import { listServices, regionId } from '../catalog.ts';
import type { CatalogService, Endpoint } from '../catalog.ts';

export function listCatalogServices(call: Call): Reply {
  requireCaller(call);
  return listReply(call, {
    name: 'services',
    entries: listServices(call),
    render: (service) => renderService(call, service),
    filters: { name: (service) => service.name, type: (service) => service.type },
  });
}

export function showCatalogService(call: Call): Reply {
  requireCaller(call);
  const services = new Map(listServices(call).map((service) => [service.id, service]));
  return { status: 200, body: { service: renderService(call, found(services, param(call, 'service'))) } };
}

export function listEndpoints(call: Call): Reply {
  requireCaller(call);
  return listReply(call, {
    name: 'endpoints',
    entries: listServices(call).flatMap((service) => service.endpoints),
    render: (endpoint) => renderEndpoint(call, endpoint),
    filters: {
      interface: (endpoint) => endpoint.interface,
      service_id: (endpoint) => endpoint.serviceId,
      region_id: () => regionId,
    },
  });
}

export function showEndpoint(call: Call): Reply {
  requireCaller(call);
  const all = listServices(call).flatMap((service) => service.endpoints);
  const endpoints = new Map(all.map((endpoint) => [endpoint.id, endpoint]));
  return { status: 200, body: { endpoint: renderEndpoint(call, found(endpoints, param(call, 'endpoint'))) } };
}

export function listRegions(call: Call): Reply {
  requireCaller(call);
  return listReply(call, { name: 'regions', entries: [regionId], render: (id) => renderRegion(call, id) });
}

export function showRegion(call: Call): Reply {
  requireCaller(call);
  const id = found(new Map([[regionId, regionId]]), param(call, 'region'));
  return { status: 200, body: { region: renderRegion(call, id) } };
}

function renderService(call: Call, { id, type, name }: CatalogService): unknown {
  return { id, type, name, description: '', enabled: true, links: { self: `${v3Url(call)}/services/${id}` } };
}

function renderEndpoint(call: Call, endpoint: Endpoint): unknown {
  return {
    id: endpoint.id,
    interface: endpoint.interface,
    service_id: endpoint.serviceId,
    region: regionId,
    region_id: regionId,
    url: endpoint.url,
    enabled: true,
    links: { self: `${v3Url(call)}/endpoints/${endpoint.id}` },
  };
}

function renderRegion(call: Call, id: string): unknown {
  return { id, description: '', parent_region_id: null, links: { self: `${v3Url(call)}/regions/${id}` } };
}
