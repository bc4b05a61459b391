/**
 * What is done to imported data before they are stored, in configured order. The outcome of a plugin takes the place
 * of the staged file in two written steps, so that a repeated plugin never works on its own outcome.
 * Source: contract 04 §7.
 */
import { findAllowance } from '../image-data/allowance.ts';
import type { ImageStep } from '../../ports/image-change.ts';
import type { TaskStep } from '../../ports/image-work-repository.ts';
import type { ServiceParts } from '../service-parts.ts';
import { attemptIdOf } from './import-attempts.ts';
import { leftForStaging, reserveOutput, stagingWriter } from './import-limits.ts';
import type { PluginWork } from './import-plugin.ts';
import type { RunningImport } from './running-import.ts';

export async function applyPlugins(parts: ServiceParts, run: RunningImport): Promise<void> {
  if (run.order.method === 'copy-image') return;
  await finishPromotion(parts, run);
  for (const [index, plugin] of parts.imports.plugins.entries()) {
    if (index < run.progress().plugins) continue;
    run.proceed();
    let change: ImageStep | undefined;
    const stage = await plugin(workOf(parts, run, (step) => (change = step)));
    // One that was stopped half-way has nothing to say.
    run.proceed();
    await run.record({ plugins: index + 1, promoting: stage }, await stepOf(parts, run, { stage, change }));
    await finishPromotion(parts, run);
  }
}

/** What a plugin made is what stays; the rest of what was reserved is given back. */
async function stepOf(
  parts: ServiceParts,
  run: RunningImport,
  { stage, change }: { readonly stage: string | null; readonly change: ImageStep | undefined },
): Promise<TaskStep> {
  const image = change === undefined ? {} : { image: change };
  if (stage === null) return image;
  const sizeBytes = await parts.staging.sizeOf({ imageId: run.lease.work().imageId, stage });
  return { ...image, leavesReserved: leftForStaging(parts, sizeBytes ?? 0) };
}

/** The image changes when the plugin is done: one that is repeated must find it as it was. */
function workOf(parts: ServiceParts, run: RunningImport, changeImage: (step: ImageStep) => void): PluginWork {
  return {
    attemptId: attemptIdOf(run),
    roles: run.progress().roles,
    staging: parts.staging,
    gptSafetyChecksNonfatal: parts.data.inspection.gptSafetyChecksNonfatal,
    signal: run.signal,
    image: run.image,
    allowance: () => findAllowance(parts, null),
    reserving: (writer) => stagingWriter(parts, run, writer),
    reserve: (mostBytes) => reserveOutput(parts, run, mostBytes),
    changeImage,
    confirm: run.confirm,
  };
}

/** Puts the outcome of a plugin in the place of the staged file; it may be there already. */
async function finishPromotion(parts: ServiceParts, run: RunningImport): Promise<void> {
  const { promoting } = run.progress();
  if (promoting === null) return;
  const { imageId } = run.lease.work();
  if ((await parts.staging.sizeOf({ imageId, stage: promoting })) !== null) {
    await parts.staging.promote(imageId, promoting);
  }
  await run.record({ promoting: null });
}
