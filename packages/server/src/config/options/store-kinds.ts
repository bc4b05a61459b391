/**
 * What a store of each built kind is configured by. The same options stand in `[glance_store]`, in `[backend_defaults]`
 * and in the section of each store, so they are described for a section that is given.
 *
 * Source: contract 05 §5, §8.1, §8.6; 11 §3
 */
import { describeGroup, ignored } from '../option.ts';
import type { OptionName } from '../option.ts';

export type StoreOptions = ReturnType<typeof describeStoreOptions>;

/** The options of a store in this section, by what they are about. */
export function describeStoreOptions(group: string) {
  return {
    common: describeCommonOptions(group),
    file: describeFileOptions(group),
    http: describeHttpOptions(group),
  };
}

function describeCommonOptions(group: string) {
  const { integer, string } = describeGroup(group);
  return {
    description: string('store_description', '', 'What /v2/info/stores says of the store.'),
    weight: integer('weight', 0, 'Of the locations of an image, those in heavier stores are read first.'),
  };
}

function describeFileOptions(group: string) {
  const { integer, boolean, multi, unset } = describeGroup(group);
  const threads = describeGroup(group, { treatment: ignored('file operations never block the service') });
  return {
    dataDirectory: unset.string('filesystem_store_datadir', {
      help: 'Kind file: folder of the image data; it is made when it is missing. Two stores cannot share one.',
      defaultText: '<data_dir>/images; /var/lib/glance/images when [database] connection is set',
      deprecatedNames: oldNames(group, 'filesystem_store_datadir'),
    }),
    dataDirectories: multi('filesystem_store_datadirs', [], {
      help:
        'Kind file, in place of filesystem_store_datadir: several folders, each with a priority, as in "/srv/a:100". New ' +
        'data goes to the folder of the highest priority that has room; among equals to the one with most room. The ' +
        'priority is 0 where none is said.',
      deprecatedNames: oldNames(group, 'filesystem_store_datadirs'),
    }),
    metadataFile: unset.string('filesystem_store_metadata_file', {
      help:
        'Kind file: JSON file that says where the folders are mounted, {"id": "…", "mountpoint": "/…"} or a list of such; ' +
        'what fits is added to the metadata of locations.',
    }),
    filePermissions: integer('filesystem_store_file_perm', 0, {
      help:
        'Kind file: permissions of the files in octal digits, like 640; the owner must be able to read. 0 leaves them to ' +
        'the umask.',
      minimum: 0,
      maximum: 7777,
    }),
    chunkSizeBytes: integer('filesystem_store_chunk_size', 65_536, {
      help: 'Kind file: how much is read from a file at a time.',
      unit: 'bytes',
      minimum: 1,
      maximum: 1_073_741_824,
    }),
    thinProvisioning: boolean(
      'filesystem_thin_provisioning',
      false,
      'Kind file: leaves holes in files in place of zeroes.',
    ),
    timeout: threads.integer('filesystem_store_timeout', 0, {
      help: 'Patience with the file system.',
      unit: 'seconds',
    }),
    threadPoolSize: threads.integer('filesystem_store_thread_pool_size', 10, 'Threads that wait for the file system.'),
    threadPoolThreshold: threads.integer('filesystem_store_threadpool_threshold', 75, {
      help: 'From which use of these threads on a warning is logged.',
      unit: 'percent',
    }),
  };
}

function describeHttpOptions(group: string) {
  const { boolean, dict, unset } = describeGroup(group);
  return {
    caFile: unset.string('https_ca_certificates_file', {
      help:
        'Kind http: file with certificates of authorities to trust beside those of the system. Setting it has ' +
        'certificates checked, whatever https_insecure says.',
    }),
    insecure: boolean(
      'https_insecure',
      true,
      'Kind http: does not check certificates, so that anybody on the way can hand out other data.',
    ),
    proxies: dict('http_proxy_information', new Map(), {
      help: 'Kind http: proxies by the scheme of the URL, as in "http:10.0.0.1:3128, https:10.0.0.1:3128".',
      // A proxy is often written with a password, which is refused and must not be shown then.
      secret: true,
    }),
  };
}

/** `[glance_store]` once was a part of `[DEFAULT]`. */
function oldNames(group: string, name: string): readonly OptionName[] {
  return group === 'glance_store' ? [{ group: 'DEFAULT', name }] : [];
}
