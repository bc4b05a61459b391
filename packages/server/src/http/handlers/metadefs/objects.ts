/** Objects of a namespace. Source: contract 09 §6. */
import { readObjectRequest } from '../../../domain/metadefs/request-documents.ts';
import {
  createObject,
  deleteObject,
  deleteObjects,
  listObjects,
  showObject,
  updateObject,
} from '../../../usecases/metadefs/objects.ts';
import type { ServiceParts } from '../../../usecases/service-parts.ts';
import { emptyAnswer, pathParameter } from '../../api-call.ts';
import type { ApiCall, OperationHandler } from '../../api-call.ts';
import { objectView } from '../../views/metadef-views.ts';
import { metadefAnswer, readMetadefBody } from './metadef-exchange.ts';

export function listObjectsHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const namespace = pathParameter(call, 'namespace_name');
    const objects = await listObjects(parts, call.context, { namespace, query: call.query });
    return metadefAnswer(200, {
      objects: objects.map((object) => objectView(namespace, object)),
      // Not a path: Glance has it so.
      schema: 'v2/schemas/metadefs/objects',
    });
  };
}

export function createObjectHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const body = await readMetadefBody(call);
    const object = readObjectRequest(parts.metadefSchemas.problem, body, { strict: true });
    const namespace = pathParameter(call, 'namespace_name');
    const created = await createObject(parts, call.context, { namespace, object });
    return { ...metadefAnswer(201, objectView(namespace, created)), made: { object_name: object.name } };
  };
}

export function showObjectHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const input = objectOf(call);
    return metadefAnswer(200, objectView(input.namespace, await showObject(parts, call.context, input)));
  };
}

export function updateObjectHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const body = await readMetadefBody(call);
    const object = readObjectRequest(parts.metadefSchemas.problem, body, { strict: false });
    const input = objectOf(call);
    const updated = await updateObject(parts, call.context, { ...input, object });
    return metadefAnswer(200, objectView(input.namespace, updated));
  };
}

export function deleteObjectHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await deleteObject(parts, call.context, objectOf(call));
    return emptyAnswer(204);
  };
}

export function deleteObjectsHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    await deleteObjects(parts, call.context, pathParameter(call, 'namespace_name'));
    return emptyAnswer(204);
  };
}

function objectOf(call: ApiCall): { namespace: string; name: string } {
  return { namespace: pathParameter(call, 'namespace_name'), name: pathParameter(call, 'object_name') };
}
