/** Properties of a namespace. Source: contract 09 §5. */
import { readPropertyRequest } from '../../../domain/metadefs/request-documents.ts';
import {
  createProperty,
  deleteProperties,
  deleteProperty,
  listProperties,
  showProperty,
  updateProperty,
} from '../../../usecases/metadefs/properties.ts';
import type { ServiceParts } from '../../../usecases/service-parts.ts';
import { emptyAnswer, pathParameter } from '../../api-call.ts';
import type { ApiCall, OperationHandler } from '../../api-call.ts';
import { metadefAnswer, queryValue, readMetadefBody } from './metadef-exchange.ts';

export function listPropertiesHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const properties = await listProperties(parts, call.context, pathParameter(call, 'namespace_name'));
    return metadefAnswer(200, { properties });
  };
}

export function createPropertyHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const property = readPropertyRequest(parts.metadefSchemas.problem, await readMetadefBody(call));
    const namespace = pathParameter(call, 'namespace_name');
    const answer = metadefAnswer(201, await createProperty(parts, call.context, { namespace, property }));
    return { ...answer, made: { property_name: property.name } };
  };
}

export function showPropertyHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const input = { ...propertyOf(call), resourceType: queryValue(call, 'resource_type') };
    return metadefAnswer(200, await showProperty(parts, call.context, input));
  };
}

export function updatePropertyHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const property = readPropertyRequest(parts.metadefSchemas.problem, await readMetadefBody(call));
    return metadefAnswer(200, await updateProperty(parts, call.context, { ...propertyOf(call), property }));
  };
}

export function deletePropertyHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await deleteProperty(parts, call.context, propertyOf(call));
    return emptyAnswer(204);
  };
}

export function deletePropertiesHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await deleteProperties(parts, call.context, pathParameter(call, 'namespace_name'));
    return emptyAnswer(204);
  };
}

function propertyOf(call: ApiCall): { namespace: string; name: string } {
  return { namespace: pathParameter(call, 'namespace_name'), name: pathParameter(call, 'property_name') };
}
