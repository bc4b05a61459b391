/** The whole differential table: every scenario of every noun. */
import type { Scenario } from '../scenario.ts';
import { cacheScenarios } from './cache.ts';
import { createScenarios } from './create.ts';
import { delayedDeleteScenarios } from './delayed-delete.ts';
import { discoveryScenarios } from './discovery.ts';
import { imageDataScenarios } from './image-data.ts';
import { importScenarios } from './import.ts';
import { listScenarios } from './list.ts';
import { locationScenarios } from './locations.ts';
import { memberScenarios } from './members.ts';
import { metadefScenarios } from './metadefs.ts';
import { multiStoreScenarios } from './multi-store.ts';
import { patchScenarios } from './patch.ts';
import { protectionScenarios } from './protections.ts';
import { routingScenarios } from './routing.ts';
import { schemaScenarios } from './schemas.ts';
import { showAndDeleteScenarios } from './show-and-delete.ts';
import { stagingScenarios } from './staging.ts';
import { taskScenarios } from './tasks.ts';
import { versionScenarios } from './versions.ts';

export const allScenarios: readonly Scenario[] = [
  ...versionScenarios,
  ...routingScenarios,
  ...createScenarios,
  ...showAndDeleteScenarios,
  ...patchScenarios,
  ...memberScenarios,
  ...listScenarios,
  ...imageDataScenarios,
  ...schemaScenarios,
  ...discoveryScenarios,
  ...multiStoreScenarios,
  ...stagingScenarios,
  ...importScenarios,
  ...taskScenarios,
  ...locationScenarios,
  ...cacheScenarios,
  ...delayedDeleteScenarios,
  ...metadefScenarios,
  ...protectionScenarios,
];
