/** Namespaces of metadata definitions. Source: contract 09 §4. */
import { readNamespaceRequest } from '../../../domain/metadefs/request-documents.ts';
import {
  createNamespace,
  deleteNamespace,
  listNamespaces,
  showNamespace,
  updateNamespace,
} from '../../../usecases/metadefs/namespaces.ts';
import type { ServiceParts } from '../../../usecases/service-parts.ts';
import { emptyAnswer, pathParameter } from '../../api-call.ts';
import type { OperationHandler } from '../../api-call.ts';
import {
  contentsView,
  listedAssociationsView,
  namespaceView,
  requestedContentsView,
} from '../../views/metadef-views.ts';
import { metadefAnswer, queryValue, readMetadefBody } from './metadef-exchange.ts';

const collectionPath = '/v2/metadefs/namespaces';

export function listNamespacesHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const page = await listNamespaces(parts, call.context, { path: collectionPath, query: call.query });
    return metadefAnswer(200, {
      namespaces: page.namespaces.map((item) =>
        namespaceView(item.namespace, listedAssociationsView(item.associations)),
      ),
      next: page.links.next,
      schema: '/v2/schemas/metadefs/namespaces',
      first: page.links.first,
    });
  };
}

export function createNamespaceHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const request = readNamespaceRequest(parts.metadefSchemas.problem, await readMetadefBody(call));
    const namespace = await createNamespace(parts, call.context, request);
    return metadefAnswer(201, namespaceView(namespace, requestedContentsView(request.contents)), {
      location: `${call.origin}${collectionPath}/${pathText(namespace.name)}`,
    });
  };
}

export function showNamespaceHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const { namespace, contents } = await showNamespace(parts, call.context, {
      namespace: pathParameter(call, 'namespace_name'),
      resourceType: queryValue(call, 'resource_type'),
    });
    return metadefAnswer(200, namespaceView(namespace, contentsView(namespace.name, contents)));
  };
}

export function updateNamespaceHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const { attributes } = readNamespaceRequest(parts.metadefSchemas.problem, await readMetadefBody(call));
    const namespace = await updateNamespace(parts, call.context, {
      namespace: pathParameter(call, 'namespace_name'),
      attributes,
    });
    return metadefAnswer(200, namespaceView(namespace));
  };
}

export function deleteNamespaceHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await deleteNamespace(parts, call.context, pathParameter(call, 'namespace_name'));
    return emptyAnswer(204);
  };
}

/** A name as a header can carry it and a path would lead to it; a slash stays one. */
function pathText(name: string): string {
  return encodeURI(name).replaceAll('?', '%3F').replaceAll('#', '%23');
}
