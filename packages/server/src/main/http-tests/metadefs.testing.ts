/** Metadata definitions as the HTTP tests need them: a namespace of a name of its own, and one successful request each. */
import { randomUUID } from 'node:crypto';
import type { OperationId } from '@lucarne/contract/operations.ts';
import type { Answer } from './http-client.testing.ts';
import type { RunningService } from './running-service.testing.ts';

type Sender = Pick<RunningService, 'send'>;

export const namespacesPath = '/v2/metadefs/namespaces';

/** A definition that says the least. */
export const plainProperty = { title: 'Title', type: 'string' } as const;

export const filledNamespace = {
  display_name: 'Shown',
  description: 'Described',
  visibility: 'public',
  resource_type_associations: [
    { name: 'OS::Glance::Image', prefix: 'hw_', properties_target: 'image' },
    { name: 'OS::Nova::Server' },
  ],
  properties: { one: { title: 'One', type: 'integer', default: 1 } },
  objects: [{ name: 'object', required: ['cores'], properties: { cores: { title: 'Cores', type: 'integer' } } }],
  tags: [{ name: 'old' }, { name: 'new' }],
};

/** Creates a namespace as an admin and gives its name, which nobody else uses. */
export async function createNamespace(
  service: Sender,
  attributes: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const namespace = `ns-${randomUUID()}`;
  const answer = await service.send(`POST ${namespacesPath}`, { as: 'admin', json: { namespace, ...attributes } });
  if (answer.status !== 201) throw new Error(`No namespace was created: ${answer.status} ${answer.text}`);
  return namespace;
}

type MetadefOperationId = Exclude<Extract<OperationId, `${string}Metadef${string}`>, `${string}Schema`>;

/** For each operation a request that succeeds. */
export function metadefSuccesses(service: () => Sender): Readonly<Record<MetadefOperationId, () => Promise<Answer>>> {
  async function within(method: string, rest: string, json?: unknown): Promise<Answer> {
    const namespace = await createNamespace(service(), filledNamespace);
    const options = json === undefined ? {} : { json };
    return service().send(`${method} ${namespacesPath}/${namespace}${rest}`, { as: 'admin', ...options });
  }
  return {
    listMetadefNamespaces: async () => {
      await createNamespace(service(), filledNamespace);
      return service().send(`GET ${namespacesPath}?limit=1`);
    },
    createMetadefNamespace: () =>
      service().send(`POST ${namespacesPath}`, {
        as: 'admin',
        json: { namespace: `ns-${randomUUID()}`, ...filledNamespace },
      }),
    showMetadefNamespace: () => within('GET', '?resource_type=OS::Glance::Image'),
    updateMetadefNamespace: () => within('PUT', '', { namespace: `ns-${randomUUID()}`, visibility: 'public' }),
    deleteMetadefNamespace: () => within('DELETE', ''),
    listMetadefResourceTypes: () => service().send('GET /v2/metadefs/resource_types'),
    listMetadefResourceTypeAssociations: () => within('GET', '/resource_types'),
    createMetadefResourceTypeAssociation: () => within('POST', '/resource_types', { name: 'OS::Cinder::Volume' }),
    deleteMetadefResourceTypeAssociation: () => within('DELETE', '/resource_types/OS::Nova::Server'),
    listMetadefProperties: () => within('GET', '/properties'),
    createMetadefProperty: () => within('POST', '/properties', { name: 'two', ...plainProperty }),
    deleteMetadefProperties: () => within('DELETE', '/properties'),
    showMetadefProperty: () => within('GET', '/properties/hw_one?resource_type=OS::Glance::Image'),
    updateMetadefProperty: () => within('PUT', '/properties/one', { name: 'two', ...plainProperty }),
    deleteMetadefProperty: () => within('DELETE', '/properties/one'),
    listMetadefObjects: () => within('GET', '/objects?limit=5'),
    createMetadefObject: () => within('POST', '/objects', { name: 'another', required: [] }),
    deleteMetadefObjects: () => within('DELETE', '/objects'),
    showMetadefObject: () => within('GET', '/objects/object'),
    updateMetadefObject: () => within('PUT', '/objects/object', { name: 'renamed' }),
    deleteMetadefObject: () => within('DELETE', '/objects/object'),
    listMetadefTags: () => within('GET', '/tags?limit=1'),
    createMetadefTags: () => within('POST', '/tags', { tags: [{ name: 'a' }, { name: 'b' }] }),
    deleteMetadefTags: () => within('DELETE', '/tags'),
    showMetadefTag: () => within('GET', '/tags/old'),
    createMetadefTag: () => within('POST', '/tags/another'),
    updateMetadefTag: () => within('PUT', '/tags/old', { name: 'older' }),
    deleteMetadefTag: () => within('DELETE', '/tags/old'),
  };
}
