/**
 * What others are told about images, their data and their members. Locations and hashes are never part of it; neither
 * are properties hidden from anybody, for property protection does not hold here. Source: contract 13 A4.
 */
import { exactInteger } from '../../lib/raw-json.ts';
import type { Image, ImageMember } from '../images/image.ts';
import { failedProperty, importingProperty, listedStores } from '../tasks/import-task.ts';
import type { JsonObject } from '../tasks/task.ts';
import { deletionMembers, payloadTime } from './notification.ts';
import type { Notification, NotificationType } from './notification.ts';

type ImageEvent = 'create' | 'update' | 'activate';

/** Tells that the record was saved, or that the image is active now. */
export function imageNotification(event: ImageEvent, image: Image): Notification {
  return ofImage(`image.${event}`, image.id, imagePayload(image));
}

/** `image` is what it was, with the status it has as a deleted one. */
export function imageDeletion(image: Image, deletedAt: Date): Notification {
  return ofImage('image.delete', image.id, { ...imagePayload(image), ...deletionMembers(deletedAt) });
}

/** Data are about to be written; `storeId` is null where stores have no ids. */
export function imagePreparation(image: Image, storeId: string | null): Notification {
  return ofImage('image.prepare', image.id, { ...imagePayload(image), ...storeLists(image), backend: storeId });
}

/** Data are written; `image` shows them already. */
export function imageUpload(image: Image): Notification {
  return ofImage('image.upload', image.id, { ...imagePayload(image), ...storeLists(image) });
}

/** Data could not be written. */
export function imageUploadFailure(imageId: string, reason: string): Notification {
  const payload = `The data of image ${imageId} were not stored: ${reason}`;
  return { type: 'image.upload', priority: 'ERROR', payload, subject: imageId, stream: imageId };
}

/** A download as it ended. */
export interface ImageSending {
  readonly image: Pick<Image, 'id' | 'owner'>;
  readonly receiver: { readonly projectId: string | null; readonly userId: string | null };
  readonly sentBytes: number;
  readonly expectedBytes: number;
  /** Address of the client; only where the data came from the cache. */
  readonly destination: string | undefined;
}

export function imageSending({ image, receiver, sentBytes, expectedBytes, destination }: ImageSending): Notification {
  const payload = {
    bytes_sent: sentBytes,
    image_id: image.id,
    owner_id: image.owner,
    receiver_tenant_id: receiver.projectId,
    receiver_user_id: receiver.userId,
    ...(destination === undefined ? {} : { destination_ip: destination }),
  };
  return { ...ofImage('image.send', image.id, payload), priority: sentBytes === expectedBytes ? 'INFO' : 'ERROR' };
}

/** `deletedAt` goes with `delete`. */
export function memberNotification(
  event: 'create' | 'update' | 'delete',
  member: ImageMember,
  deletedAt?: Date,
): Notification {
  const payload = {
    image_id: member.imageId,
    member_id: member.memberId,
    status: member.status,
    created_at: payloadTime(member.createdAt),
    updated_at: payloadTime(member.updatedAt),
    ...deletionMembers(deletedAt),
  };
  const subject = `${member.imageId}/members/${member.memberId}`;
  return { type: `image.member.${event}`, priority: 'INFO', payload, subject, stream: member.imageId };
}

function ofImage(type: NotificationType, imageId: string, payload: JsonObject): Notification {
  return { type, priority: 'INFO', payload, subject: imageId, stream: imageId };
}

function imagePayload(image: Image): JsonObject {
  return {
    id: image.id,
    name: image.name,
    status: image.status,
    created_at: payloadTime(image.createdAt),
    updated_at: payloadTime(image.updatedAt),
    min_disk: image.minDiskGib,
    min_ram: image.minRamMib,
    protected: image.protected,
    checksum: image.checksum,
    owner: image.owner,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    size: image.sizeBytes,
    virtual_size: image.virtualSizeBytes === null ? null : exactInteger(image.virtualSizeBytes),
    is_public: image.visibility === 'public',
    visibility: image.visibility,
    properties: Object.fromEntries(image.properties),
    tags: image.tags,
    ...deletionMembers(undefined),
  };
}

/** How far an import into several stores is. */
function storeLists(image: Image): JsonObject {
  return {
    [importingProperty]: listedStores(image, importingProperty),
    [failedProperty]: listedStores(image, failedProperty),
  };
}
