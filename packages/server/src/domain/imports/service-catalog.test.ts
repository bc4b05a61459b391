import { describe, expect, test } from 'vitest';
import { ImageServiceError } from '../errors.ts';
import { findImageEndpoint } from './service-catalog.ts';

const former = [
  { type: 'compute', name: 'nova', endpoints: [{ region: 'North', publicURL: 'http://nova.north' }] },
  {
    type: 'image',
    name: 'glance',
    endpoints: [
      { region: 'South', publicURL: 'http://glance.south', internalURL: 'http://10.0.0.1:9292' },
      { region: 'North', publicURL: 'http://glance.north/image/', adminURL: 'http://admin.north' },
    ],
  },
];

const present = [
  {
    type: 'image',
    name: 'glance',
    endpoints: [
      { interface: 'public', region: 'South', region_id: 'South', url: 'http://glance.south' },
      { interface: 'internal', region: 'North', region_id: 'North', url: 'http://10.0.0.2:9292/v2.9/' },
      { interface: 'public', region: 'North', region_id: 'North', url: 'http://glance.north/v2' },
    ],
  },
];

function endpointIn(catalog: unknown, region: string, serviceInterface = 'public'): string {
  try {
    return findImageEndpoint(catalog, { region, serviceInterface });
  } catch (error) {
    return error instanceof ImageServiceError ? error.code : String(error);
  }
}

describe('The image service of a region', () => {
  test.each([
    ['former', former, 'North', 'public', 'http://glance.north/image'],
    ['former', former, 'South', 'internal', 'http://10.0.0.1:9292'],
    ['former', former, 'North', 'admin', 'http://admin.north'],
    ['present', present, 'North', 'public', 'http://glance.north'],
    ['present', present, 'North', 'internal', 'http://10.0.0.2:9292'],
    ['present', present, 'South', 'public', 'http://glance.south'],
  ])('is found in a catalog of the %s shape', (_, catalog, region, serviceInterface, url) => {
    expect(endpointIn(catalog, region, serviceInterface)).toBe(url);
  });

  test.each([
    ['no catalog', undefined, 'North', 'public'],
    ['a catalog that is no list', { image: 'http://glance.north' }, 'North', 'public'],
    ['an empty one', [], 'North', 'public'],
    ['entries that are none', [null, 7, { type: 'image' }, { type: 'image', endpoints: 'x' }], 'North', 'public'],
    ['another region', present, 'East', 'public'],
    ['no such interface there', present, 'South', 'internal'],
    ['an URL that is no text', [{ type: 'image', endpoints: [{ region: 'North', publicURL: 7 }] }], 'North', 'public'],
  ])('is not found with %s: badRequest', (_, catalog, region, serviceInterface) => {
    expect(endpointIn(catalog, region, serviceInterface)).toBe('badRequest');
  });
});
