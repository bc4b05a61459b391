/** What writes of metadata definitions tell, in their transactions. Source: contract 13 A3. */
import type { MetadefNamespace, NewNamespaceContents } from '../../domain/metadefs/metadefs.ts';
import {
  associationNotification,
  namespaceNotification,
  objectNotification,
  propertyNotification,
  tagNotification,
} from '../../domain/notifications/metadef-notifications.ts';
import type { MetadefChange } from '../../domain/notifications/metadef-notifications.ts';
import type { Notification, NotificationType } from '../../domain/notifications/notification.ts';
import { namespaceFromRow } from './metadef-rows.ts';
import type { NamespaceRow } from './metadef-rows.ts';
import type { MetadefWrite } from './metadef-writes.ts';
import { tell } from './recorded-events.ts';

/** The namespace first, then what came with it. */
export async function tellNewNamespace(
  { events, transaction }: MetadefWrite,
  created: MetadefNamespace,
  contents: NewNamespaceContents,
): Promise<void> {
  if (events === null) return;
  const { name: namespace, createdAt, updatedAt } = created;
  const stamps = { createdAt, updatedAt };
  await events.record(transaction, [
    namespaceNotification('create', created),
    ...(contents.associations ?? []).map((association) =>
      associationNotification('create', { namespace, association: { ...association, ...stamps } }),
    ),
    ...(contents.objects ?? []).map((object) =>
      objectNotification('create', { namespace, object: { ...object, ...stamps } }),
    ),
    ...(contents.tags ?? []).map(({ name }) => tagNotification('create', { namespace, tag: { name, ...stamps } })),
    ...[...(contents.properties ?? [])].map(([name, definition]) =>
      propertyNotification('create', { namespace, name, definition }),
    ),
  ]);
}

export function tellNamespaceDeletion(write: MetadefWrite, row: NamespaceRow): Promise<void> {
  return tellDeletionOf(write, 'metadef_namespace.delete', (change) =>
    namespaceNotification('delete', namespaceFromRow(row), change),
  );
}

/** All of one kind in a namespace is gone; the namespace itself is not. */
export function tellEmptying(
  write: MetadefWrite,
  event: 'delete_objects' | 'delete_properties' | 'delete_tags',
  row: NamespaceRow,
): Promise<void> {
  return tell(write, `metadef_namespace.${event}`, () => namespaceNotification(event, namespaceFromRow(row)));
}

export async function tellDeletionOf(
  write: MetadefWrite,
  type: NotificationType,
  notification: (change: MetadefChange) => Notification,
): Promise<void> {
  const { events } = write;
  if (events !== null) await tell(write, type, () => notification({ deletedAt: events.now() }));
}
