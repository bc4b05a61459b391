/** What the service offers. Source: contract 01 §10. */
import type { ServiceParts } from '../../usecases/service-parts.ts';
import { listStores, listStoresDetail } from '../../usecases/stores/list-stores.ts';
import { showUsage } from '../../usecases/usage/show-usage.ts';
import { jsonAnswer } from '../api-call.ts';
import type { OperationHandler } from '../api-call.ts';
import { storeDetailView, storeView } from '../views/store-view.ts';

export function showImportInfoHandler({ imports }: Pick<ServiceParts, 'imports'>): OperationHandler {
  const methods = { description: 'Import methods that are offered here.', type: 'array', value: imports.methods };
  return async () => jsonAnswer(200, { 'import-methods': methods });
}

export function listStoresHandler(parts: ServiceParts): OperationHandler {
  return async () => jsonAnswer(200, { stores: listStores(parts).map((each) => storeView(each, parts.stores)) });
}

export function listStoresDetailHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const stores = await listStoresDetail(parts, call.context);
    return jsonAnswer(200, { stores: stores.map((each) => storeDetailView(each, parts.stores)) });
  };
}

/** Limits of Keystone are the only ones that are shown here. Source: contract 13 D. */
export function showUsageHandler(parts: ServiceParts): OperationHandler {
  return async (call) => {
    const usage = await showUsage(parts, call.context);
    const entries = usage.map(({ resource, used, limit }) => [resource, { usage: used, limit }] as const);
    return jsonAnswer(200, { usage: Object.fromEntries(entries) });
  };
}
