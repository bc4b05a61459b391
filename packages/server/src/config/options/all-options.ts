/**
 * Every option there is, in the order of the reference page: what is honoured stands first in its group.
 */
import type { Option } from '../option.ts';
import { apiOptions } from './api.ts';
import { databaseOptions } from './database.ts';
import { goneOptions } from './gone.ts';
import { identityOptions, keystoneTokenLogin, keystoneTokenOptions } from './identity.ts';
import { imageCacheOptions } from './image-cache.ts';
import { imageFormatOptions } from './image-formats.ts';
import { importOptions, taskOptions } from './imports.ts';
import { keyManagerOptions } from './key-manager.ts';
import { libraryOptions } from './libraries.ts';
import { loggingOptions } from './logging.ts';
import { lucarneOptions } from './lucarne.ts';
import { corsOptions, healthcheckOptions, proxyOptions } from './middleware.ts';
import { ignoredMessagingOptions, notificationOptions, rabbitOptions } from './notifications.ts';
import { policyOptions } from './policy.ts';
import { serverOptions } from './server.ts';
import { describeUnbuiltStoreOptions } from './store-drivers.ts';
import { describeStoreOptions } from './store-kinds.ts';
import { reservedStoreOptions, storeOptions } from './stores.ts';
import { unifiedLimitLogin, unifiedLimitOptions } from './unified-limits.ts';

/** The stores of `[glance_store] stores`, without ids. */
export const singleStoreOptions = describeStoreOptions('glance_store');
/** What holds for each store of `enabled_backends` that does not say otherwise. */
export const sharedStoreOptions = describeStoreOptions('backend_defaults');

/** All but the options of stores with ids, whose sections the configuration itself names. */
export const allOptions: readonly Option[] = [
  ...Object.values(lucarneOptions),
  ...Object.values(serverOptions),
  ...Object.values(apiOptions),
  ...Object.values(loggingOptions),
  ...Object.values(imageCacheOptions),
  ...Object.values(databaseOptions),
  ...Object.values(identityOptions),
  ...Object.values(policyOptions),
  ...Object.values(storeOptions),
  ...Object.values(singleStoreOptions.file),
  ...Object.values(singleStoreOptions.http),
  ...Object.values(describeUnbuiltStoreOptions('glance_store')).flat(),
  ...Object.values(sharedStoreOptions.common),
  ...Object.values(sharedStoreOptions.file),
  ...Object.values(sharedStoreOptions.http),
  ...Object.values(reservedStoreOptions),
  ...Object.values(imageFormatOptions),
  ...Object.values(corsOptions),
  ...Object.values(healthcheckOptions),
  ...Object.values(proxyOptions),
  ...Object.values(importOptions),
  ...Object.values(taskOptions),
  ...Object.values(keystoneTokenLogin),
  ...Object.values(keystoneTokenOptions),
  ...Object.values(notificationOptions),
  ...Object.values(rabbitOptions),
  ...ignoredMessagingOptions,
  ...Object.values(unifiedLimitLogin),
  ...Object.values(unifiedLimitOptions),
  ...keyManagerOptions,
  ...libraryOptions,
  ...goneOptions,
];

/** Sections that take options of plugins, or more options than the table has: their unknown options are no mistakes. */
export const openGroups: ReadonlySet<string> = new Set([
  'keystone_authtoken',
  'oslo_limit',
  'oslo_messaging_notifications',
  'oslo_messaging_rabbit',
  'oslo_messaging_amqp',
  'oslo_messaging_kafka',
  'oslo_reports',
  'oslo_versionedobjects',
  'key_manager',
  'barbican',
  'barbican_service_user',
  'vault',
  'profiler',
  'service_user',
  'os_brick',
]);
