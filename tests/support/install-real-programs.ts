/**
 * Before the system tests: installs, where that is possible, what several of them need, once and not from two files at the
 * same time. Where it is not possible each test that needs something says so itself.
 */
import { canInstall, packageGroups, requirePackages } from './debian-packages.ts';

export async function setup(): Promise<void> {
  if (await canInstall()) {
    const { clients, archives, keystone, browser } = packageGroups;
    await requirePackages([...clients, ...archives, ...keystone, ...browser]);
  }
}
