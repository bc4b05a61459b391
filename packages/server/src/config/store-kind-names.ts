/** The names that kinds of stores have in `[glance_store] stores` and `default_store`. Source: contract 05 §5, §8 */

const kindsByName: ReadonlyMap<string, string> = new Map([
  ['filesystem', 'file'],
  ['https', 'http'],
  ['s3+http', 's3'],
  ['s3+https', 's3'],
  ['swift+http', 'swift'],
  ['swift+https', 'swift'],
  ['swift+config', 'swift'],
  ['vsphere', 'vmware'],
  // What files of a decade ago hold.
  ['glance.store.filesystem.Store', 'file'],
  ['glance.store.vmware_datastore.Store', 'vmware'],
]);

const formerName = /^glance\.store\.(file|http|rbd|s3|swift|cinder|vmware)\.Store$/;
const plainName = /^(file|http|rbd|s3|swift|cinder|vmware)$/;

/** The kind that a driver's name, its former name or a scheme of its URLs stands for; null for none. */
export function storeKindOf(name: string): string | null {
  return kindsByName.get(name) ?? (plainName.exec(name) ?? formerName.exec(name))?.[1] ?? null;
}
