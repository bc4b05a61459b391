/** The tasks that worked on an image, as far as they are the caller's. Source: contract 04 §8.1. */
import type { RequestContext } from '../../domain/request-context.ts';
import type { Task } from '../../domain/tasks/task.ts';
import { authorizeOnImage } from '../authorization.ts';
import { loadImage } from '../images/load-image.ts';
import type { ServiceParts } from '../service-parts.ts';

export async function listImageTasks(
  parts: Pick<ServiceParts, 'images' | 'policy' | 'tasks' | 'clock'>,
  context: RequestContext,
  imageId: string,
): Promise<readonly Task[]> {
  const image = await loadImage(parts, context, imageId);
  await authorizeOnImage(parts, context, { rules: ['get_image'], image });
  return parts.tasks.listOfImage(context, image.id, parts.clock.now());
}
