/** The stores of a service, and what a project has in them. Source: contract 05 §4, 01 §10. */
import type { StoreDetailList, StoreList, UsageView } from '@lucarne/contract/wire.ts';
import { callOf, sendForJson, sendForNothing } from './connection.ts';
import type { CallOptions, Connection } from './connection.ts';

export interface StoreMethods {
  /** In the order they are configured. 404 where there is only one. */
  listStores(options?: CallOptions): Promise<StoreList>;
  /** With type, weight and properties. For administrators and services, 403 for others; 404 where there is only one. */
  listStoresDetail(options?: CallOptions): Promise<StoreDetailList>;
  /**
   * Deletes the copy of an active image in one store.
   *
   * 403 for the last copy and for callers who are no administrators, 404 for a store the image is not in, 409 for a
   * store there is not and for an image that is not active.
   */
  deleteImageFromStore(imageId: string, storeId: string, options?: CallOptions): Promise<void>;
  /** Use and limits of the caller's project; empty where unified limits are off. */
  showUsage(options?: CallOptions): Promise<UsageView>;
}

export function storeMethods(connection: Connection): StoreMethods {
  return {
    listStores: (options) => sendForJson(connection, { ...callOf('listStores', {}), ...options }),
    listStoresDetail: (options) => sendForJson(connection, { ...callOf('listStoresDetail', {}), ...options }),
    deleteImageFromStore: (imageId, storeId, options) =>
      sendForNothing(connection, {
        ...callOf('deleteImageFromStore', { store_id: storeId, image_id: imageId }),
        ...options,
      }),
    showUsage: (options) => sendForJson(connection, { ...callOf('showUsage', {}), ...options }),
  };
}
