/**
 * The columns of `images` an attribute of an image is kept in, and how its value is written there.
 */
import type { Insertable, Updateable } from 'kysely';
import type { Image } from '../../domain/images/image.ts';
import type { SqlDialect } from './dialect.ts';
import type { ImagesTable } from './tables.ts';
import { timeToSql } from './values.ts';

type ColumnWriter = (image: Image, dialect: SqlDialect) => Updateable<ImagesTable>;

/** Attributes a client or an upload may change, each with its column. */
const columnOfAttribute = {
  name: (image) => ({ name: image.name }),
  status: (image) => ({ status: image.status }),
  visibility: (image) => ({ visibility: image.visibility }),
  protected: (image, dialect) => ({ protected: dialect.boolean(image.protected) }),
  hidden: (image, dialect) => ({ os_hidden: dialect.boolean(image.hidden) }),
  owner: (image) => ({ owner: image.owner }),
  diskFormat: (image) => ({ disk_format: image.diskFormat }),
  containerFormat: (image) => ({ container_format: image.containerFormat }),
  minDiskGib: (image) => ({ min_disk: image.minDiskGib }),
  minRamMib: (image) => ({ min_ram: image.minRamMib }),
  sizeBytes: (image) => ({ size: image.sizeBytes }),
  virtualSizeBytes: (image) => ({ virtual_size: image.virtualSizeBytes }),
  checksum: (image) => ({ checksum: image.checksum }),
  hashAlgorithm: (image) => ({ os_hash_algo: image.hashAlgorithm }),
  hashValue: (image) => ({ os_hash_value: image.hashValue }),
} as const satisfies Partial<Record<keyof Image, ColumnWriter>>;

const attributes = Object.keys(columnOfAttribute) as (keyof typeof columnOfAttribute)[];

/** The columns in which two versions of an image differ. */
export function changedColumns(before: Image, after: Image, dialect: SqlDialect): Updateable<ImagesTable> {
  const columns: Updateable<ImagesTable> = {};
  for (const attribute of attributes) {
    if (before[attribute] !== after[attribute]) Object.assign(columns, columnOfAttribute[attribute](after, dialect));
  }
  return columns;
}

export function newImageRow(image: Image, dialect: SqlDialect): Insertable<ImagesTable> {
  return {
    id: image.id,
    name: image.name,
    status: image.status,
    visibility: image.visibility,
    protected: dialect.boolean(image.protected),
    os_hidden: dialect.boolean(image.hidden),
    owner: image.owner,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    min_disk: image.minDiskGib,
    min_ram: image.minRamMib,
    size: image.sizeBytes,
    virtual_size: image.virtualSizeBytes,
    checksum: image.checksum,
    os_hash_algo: image.hashAlgorithm,
    os_hash_value: image.hashValue,
    created_at: timeToSql(image.createdAt),
    updated_at: timeToSql(image.updatedAt),
    deleted_at: null,
    deleted: dialect.boolean(false),
  };
}
