/** Resource types, and which namespaces go with them. Source: contract 09 §8. */
import { readAssociationRequest } from '../../../domain/metadefs/request-documents.ts';
import {
  createAssociation,
  deleteAssociation,
  listAssociations,
  listResourceTypes,
} from '../../../usecases/metadefs/resource-types.ts';
import type { ServiceParts } from '../../../usecases/service-parts.ts';
import { emptyAnswer, pathParameter } from '../../api-call.ts';
import type { OperationHandler } from '../../api-call.ts';
import { associationView, resourceTypeView } from '../../views/metadef-views.ts';
import { metadefAnswer, readMetadefBody } from './metadef-exchange.ts';

export function listResourceTypesHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const types = await listResourceTypes(parts, call.context);
    return metadefAnswer(200, { resource_types: types.map(resourceTypeView) });
  };
}

export function listAssociationsHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const associations = await listAssociations(parts, call.context, pathParameter(call, 'namespace_name'));
    return metadefAnswer(200, { resource_type_associations: associations.map(associationView) });
  };
}

export function createAssociationHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const association = readAssociationRequest(parts.metadefSchemas.problem, await readMetadefBody(call));
    const namespace = pathParameter(call, 'namespace_name');
    const created = await createAssociation(parts, call.context, { namespace, association });
    return { ...metadefAnswer(201, associationView(created)), made: { resource_type_name: association.name } };
  };
}

export function deleteAssociationHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await deleteAssociation(parts, call.context, {
      namespace: pathParameter(call, 'namespace_name'),
      name: pathParameter(call, 'resource_type_name'),
    });
    return emptyAnswer(204);
  };
}
