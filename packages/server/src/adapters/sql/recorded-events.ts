/** What repositories tell of their writes; each runs in the transaction of its caller. Source: contract 13 A3. */
import type { Image, ImageMember } from '../../domain/images/image.ts';
import {
  imageDeletion,
  imageNotification,
  imagePreparation,
  imageUpload,
  imageUploadFailure,
  memberNotification,
} from '../../domain/notifications/image-notifications.ts';
import type { Notification, NotificationType } from '../../domain/notifications/notification.ts';
import { taskNotification } from '../../domain/notifications/task-notifications.ts';
import type { Task } from '../../domain/tasks/task.ts';
import type { ImageWork, TaskStep } from '../../ports/image-work-repository.ts';
import type { SqlDatabase } from './dialect.ts';
import { imagesFromRows } from './image-rows.ts';
import type { ImageWrite } from './image-write.ts';
import type { Tables } from './tables.ts';
import type { Transaction } from 'kysely';

type Teller = Pick<SqlDatabase, 'events'> & { readonly transaction: Transaction<Tables> };

/** Tells what is made only where somebody wants to know. */
export async function tell(
  { events, transaction }: Teller,
  type: NotificationType,
  notification: () => Notification,
): Promise<void> {
  if (events?.wants(type) === true) await events.record(transaction, [notification()]);
}

/** Tells what `notificationsOf` makes of the image as it is stored now. It is read only where somebody wants to know. */
async function tellOfImage(
  write: ImageWrite,
  types: readonly NotificationType[],
  notificationsOf: (image: Image) => readonly Notification[],
): Promise<void> {
  const { events, transaction } = write;
  if (events === null || !types.some((type) => events.wants(type))) return;
  const image = await storedImage(write);
  if (image !== undefined) await events.record(transaction, notificationsOf(image));
}

/** The image whatever its status. */
async function storedImage({ transaction, urls, imageId }: ImageWrite): Promise<Image | undefined> {
  const row = await transaction.selectFrom('images').selectAll().where('id', '=', imageId).executeTakeFirst();
  return row === undefined ? undefined : (await imagesFromRows({ db: transaction, urls }, [row]))[0];
}

/** Every save of the record is told. */
export function tellSave(write: ImageWrite): Promise<void> {
  return tellOfImage(write, ['image.update'], (image) => [imageNotification('update', image)]);
}

/** As `tellSave`, of an image that was read already. */
export function tellImage(teller: Teller, event: 'create' | 'update', image: Image): Promise<void> {
  return tell(teller, `image.${event}`, () => imageNotification(event, image));
}

/** That data come in; staging tells of the save alone. */
export function tellBeginning(write: ImageWrite, work: ImageWork): Promise<void> {
  if (work.kind !== 'upload') return tellSave(write);
  return tellOfImage(write, ['image.update', 'image.prepare'], (image) => [
    imageNotification('update', image),
    imagePreparation(image, write.events?.storesHaveIds === true ? work.storeId : null),
  ]);
}

/** That data came in, before the save that shows them. */
export function tellEnd(write: ImageWrite, work: ImageWork): Promise<void> {
  if (work.kind !== 'upload') return tellSave(write);
  return tellOfImage(write, ['image.upload', 'image.activate', 'image.update'], (image) => [
    imageUpload(image),
    imageNotification('activate', image),
    imageNotification('update', image),
  ]);
}

/** That no data came in; the save is told where there was one. */
export async function tellFailure(
  write: ImageWrite,
  work: ImageWork,
  { reason, isSaved }: { readonly reason: string; readonly isSaved: boolean },
): Promise<void> {
  if (work.kind === 'upload' && write.events?.wants('image.upload') === true) {
    await write.events.record(write.transaction, [imageUploadFailure(work.imageId, reason)]);
  }
  if (isSaved) await tellSave(write);
}

/** The properties of an image before a step by which stores have its data, for `tellStep`; null where nobody asks. */
export async function propertiesToTell(
  write: ImageWrite,
  { uploads = 0 }: TaskStep,
): Promise<Image['properties'] | null> {
  if (uploads === 0 || write.events?.wants('image.upload') !== true) return null;
  return (await storedImage(write))?.properties ?? null;
}

/**
 * What a step of a task did to its image. While data are told to be there, the image still says that they are on their
 * way to the store.
 */
export function tellStep(
  write: ImageWrite,
  { uploads = 0, image: change }: TaskStep,
  formerProperties: Image['properties'] | null,
): Promise<void> {
  const former = (image: Image): Image =>
    formerProperties === null ? image : { ...image, properties: formerProperties };
  const isActivated = uploads > 0 && change?.to === 'active';
  return tellOfImage(write, ['image.upload', 'image.activate', 'image.update'], (image) => [
    ...Array.from({ length: uploads }, () => imageUpload(former(image))),
    ...(isActivated ? [imageNotification('activate', former(image))] : []),
    imageNotification('update', image),
  ]);
}

/** Called when the record is marked deleted, and what hangs on it is not yet. */
export function tellDeletion(write: ImageWrite): Promise<void> {
  return tellOfImage(write, ['image.delete'], (image) => [imageDeletion(image, write.at)]);
}

export function tellMember(
  teller: Teller,
  event: 'create' | 'update' | 'delete',
  { member, deletedAt }: { readonly member: ImageMember; readonly deletedAt?: Date },
): Promise<void> {
  return tell(teller, `image.member.${event}`, () => memberNotification(event, member, deletedAt));
}

export function tellTask(
  teller: Teller,
  event: 'create' | 'delete' | 'processing' | 'success' | 'failure',
  { task, deletedAt }: { readonly task: Task; readonly deletedAt?: Date },
): Promise<void> {
  return tell(teller, `task.${event}`, () => taskNotification(event, task, deletedAt));
}
