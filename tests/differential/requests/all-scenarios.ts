/** The whole differential table: every scenario of every noun. */
import type { Scenario } from '../scenario.ts';
import { createScenarios } from './create.ts';
import { imageDataScenarios } from './image-data.ts';
import { listScenarios } from './list.ts';
import { memberScenarios } from './members.ts';
import { patchScenarios } from './patch.ts';
import { routingScenarios } from './routing.ts';
import { schemaScenarios } from './schemas.ts';
import { showAndDeleteScenarios } from './show-and-delete.ts';
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
];
