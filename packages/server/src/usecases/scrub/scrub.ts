/**
 * Removes the data of deleted images when their time has come. Every process does so, each image is one process's at a
 * time, and another scrubber may run beside them. Source: contract 02 §6, 12 §7.
 */
import type { ImageWork } from '../../ports/image-work-repository.ts';
import type { ServiceParts } from '../service-parts.ts';
import { newScrubWork, removeWaiting } from './remove-waiting.ts';
import type { ScrubParts } from './remove-waiting.ts';

type Parts = ScrubParts & Pick<ServiceParts, 'ids' | 'deletion'>;

/** Gives how many images have no data any more. Without effect where deletions are not put off. */
export async function scrubDueData(parts: Parts): Promise<number> {
  const { delaySeconds, scrubPoolSize } = parts.deletion;
  if (delaySeconds === null) return 0;
  const deletedBefore = new Date(parts.clock.now().getTime() - delaySeconds * 1000);
  let scrubbed = 0;
  // Page by page: images whose stores refuse stay due, and must not be in the way of those behind them.
  let page = await parts.scrub.listDue(deletedBefore);
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    const due = page.values();
    async function scrubOneByOne(): Promise<void> {
      for (const imageId of due) if (await scrubImage(parts, imageId, deletedBefore)) scrubbed += 1;
    }
    await Promise.all(Array.from({ length: scrubPoolSize }, scrubOneByOne));
    page = await parts.scrub.listDue(deletedBefore, last);
  }
  return scrubbed;
}

/** Goes on with what a process that died was removing. Raises when something is left. */
export async function resumeScrubbing(parts: ScrubParts, work: ImageWork): Promise<void> {
  const failures = await removeWaiting(parts, work);
  const left = failures.find(({ isGivenBack }) => !isGivenBack);
  if (left !== undefined) throw left.error;
}

async function scrubImage(parts: Parts, imageId: string, deletedBefore: Date): Promise<boolean> {
  const work = newScrubWork(parts, imageId);
  try {
    if (!(await parts.scrub.begin(work, deletedBefore))) return false;
    await resumeScrubbing(parts, work);
    return true;
  } catch (error) {
    parts.report('data not removed yet', { imageId, error });
    return false;
  }
}
