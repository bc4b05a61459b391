/**
 * The sections of the configuration, with what each is about: the order and the headings of the rendered pages.
 */
import type { Option } from './option.ts';

const groupTitles: ReadonlyMap<string, string> = new Map([
  ['lucarne', 'Options of Lucarne itself; Glance passes over them.'],
  ['DEFAULT', 'The listener, the API and its limits, logging.'],
  ['database', 'The database of images.'],
  ['paste_deploy', 'Where the identity of callers comes from.'],
  ['oslo_policy', 'Who may do what.'],
  ['glance_store', 'Where image data is kept.'],
  ['backend_defaults', 'Several stores: what holds for each store that does not say otherwise in its own section.'],
  ['os_glance_staging_store', 'Where staged data is kept.'],
  ['os_glance_tasks_store', 'Where tasks keep their data.'],
  ['image_format', 'Which formats images may have.'],
  ['cors', 'Web pages of other origins.'],
  ['healthcheck', 'What balancers ask.'],
  ['oslo_middleware', 'Proxies in front.'],
  ['image_import_opts', 'Import of images.'],
  ['import_filtering_opts', 'What imports may download.'],
  ['glance_download_properties', 'What images imported from another Glance bring along.'],
  ['glance_download_opts', 'A section of the sample file of Glance.'],
  ['inject_metadata_properties', 'Properties that imported images get.'],
  ['image_conversion', 'Conversion of imported images.'],
  ['task', 'Tasks.'],
  ['taskflow_executor', 'What runs tasks.'],
  ['wsgi', 'Background work.'],
  ['keystone_authtoken', 'Validation of tokens by Keystone.'],
  ['oslo_messaging_notifications', 'Notifications.'],
  ['oslo_messaging_rabbit', 'The message bus.'],
  ['oslo_limit', 'Unified limits.'],
  ['key_manager', 'The key manager.'],
  ['barbican', 'The key manager Barbican.'],
  ['barbican_service_user', 'Service tokens for Barbican.'],
  ['vault', 'The key manager Vault.'],
  ['oslo_concurrency', 'Locks.'],
  ['profiler', 'Profiling.'],
  ['store_type_location_strategy', 'A former order of locations.'],
]);

export interface OptionGroupPage {
  readonly group: string;
  readonly title: string;
  readonly options: readonly Option[];
}

/** The groups that have options, each with them in the order of the table. A group without a title raises. */
export function groupOptions(options: readonly Option[]): readonly OptionGroupPage[] {
  const byGroup = Map.groupBy(options, (option) => option.group);
  const untitled = [...byGroup.keys()].find((group) => !groupTitles.has(group));
  if (untitled !== undefined) throw new Error(`the section [${untitled}] has no title`);
  return [...groupTitles].flatMap(([group, title]) => {
    const members = byGroup.get(group);
    return members === undefined ? [] : [{ group, title, options: members }];
  });
}
