/** Before the unit tests: the programs that imports unpack and convert with, installed once and not by several files at the same time. */
import { canInstall, packageGroups, requirePackages } from './debian-packages.ts';

export async function setup(): Promise<void> {
  if (await canInstall()) await requirePackages([...packageGroups.archives, 'qemu-utils']);
}
