/**
 * Members of images in SQL. The unique key of the table does not hold for live rows (NULLs are distinct), so
 * uniqueness is kept here: any row of (image, member) is looked for, also a deleted one. Source: contract 12 §3.
 */
import type { MemberStatus } from '@lucarne/contract/image-attributes.ts';
import type { Selectable, Transaction } from 'kysely';
import { conflict, notFound } from '../../domain/errors.ts';
import type { ImageMember } from '../../domain/images/image.ts';
import { checkMemberQuota } from '../../domain/images/quotas.ts';
import type { MemberRepository } from '../../ports/member-repository.ts';
import type { SqlDatabase } from './dialect.ts';
import type { ImageWrite } from './image-write.ts';
import { liveRow, lockImage } from './image-repository.ts';
import { tellMember } from './recorded-events.ts';
import type { ImageMembersTable, Tables } from './tables.ts';
import { reading, writing } from './transactions.ts';
import { timeFromSql, timeToSql } from './values.ts';

type MemberRow = Selectable<ImageMembersTable>;

export function sqlMemberRepository(database: SqlDatabase): MemberRepository {
  const live = database.dialect.boolean(false);

  function liveMembers(snapshot: Transaction<Tables>, imageId: string) {
    return snapshot
      .selectFrom('image_members')
      .selectAll()
      .where('image_id', '=', imageId)
      .where('deleted', '=', live)
      .orderBy('id');
  }

  return {
    list: (imageId, only) =>
      reading(database, async (snapshot) => {
        const rows = liveMembers(snapshot, imageId);
        const wanted = only === undefined ? rows : rows.where('member', '=', only);
        return (await wanted.execute()).map(memberFromRow);
      }),

    show: (imageId, memberId) =>
      reading(database, async (snapshot) => {
        const row = await liveMembers(snapshot, imageId).where('member', '=', memberId).executeTakeFirst();
        return row === undefined ? undefined : memberFromRow(row);
      }),

    create: (imageId, memberId, { at, quota }) =>
      writing(database, async (transaction) => {
        const write = { ...database, transaction, imageId, at };
        await lockImage(write);
        const members = await liveMembers(transaction, imageId).execute();
        return createMember(write, { memberId, members: members.length, quota });
      }),

    update: (imageId, memberId, { status, at }) =>
      writing(database, async (transaction) => {
        const known = await anyRow(transaction, imageId, memberId);
        if (known === undefined || known.deleted) return undefined;
        await transaction
          .updateTable('image_members')
          .set({ status, updated_at: timeToSql(at) })
          .where('id', '=', known.id)
          .execute();
        const member = { ...memberFromRow(known), status, updatedAt: at };
        await tellMember({ ...database, transaction }, 'update', { member });
        return member;
      }),

    delete: (imageId, memberId, at) =>
      writing(database, async (transaction) => {
        const time = timeToSql(at);
        const known = await anyRow(transaction, imageId, memberId);
        const deleted = await transaction
          .updateTable('image_members')
          .set({ updated_at: time, deleted_at: time, deleted: database.dialect.boolean(true) })
          .where('image_id', '=', imageId)
          .where('member', '=', memberId)
          .where('deleted', '=', live)
          .executeTakeFirst();
        if (known === undefined || deleted.numUpdatedRows === 0n) return false;
        const member = { ...memberFromRow(known), updatedAt: at };
        await tellMember({ ...database, transaction }, 'delete', { member, deletedAt: at });
        return true;
      }),
  };
}

interface NewMember {
  readonly memberId: string;
  /** Of the image, so far. */
  readonly members: number;
  readonly quota: number;
}

async function createMember(write: ImageWrite, { memberId, members, quota }: NewMember): Promise<ImageMember> {
  const { transaction, dialect, imageId, at } = write;
  if ((await liveRow(transaction, dialect, imageId)) === undefined) {
    throw notFound(`Image ${imageId} does not exist any more.`);
  }
  checkMemberQuota(imageId, members + 1, quota);
  const known = await anyRow(transaction, imageId, memberId);
  if (known !== undefined && !known.deleted) {
    throw conflict(`Image ${imageId} is shared with project ${memberId} already.`);
  }
  const time = timeToSql(at);
  const columns = { status: 'pending', updated_at: time, deleted_at: null, deleted: dialect.boolean(false) };
  if (known === undefined) {
    const row = { image_id: imageId, member: memberId, can_share: dialect.boolean(false), created_at: time };
    await transaction
      .insertInto('image_members')
      .values({ ...row, ...columns })
      .execute();
  } else {
    await transaction.updateTable('image_members').set(columns).where('id', '=', known.id).execute();
  }
  const createdAt = known === undefined ? at : timeFromSql(known.created_at);
  const member: ImageMember = { imageId, memberId, status: 'pending', createdAt, updatedAt: at };
  await tellMember(write, 'create', { member });
  return member;
}

/** The row of a pair, a live one before deleted ones. */
function anyRow(transaction: Transaction<Tables>, imageId: string, memberId: string): Promise<MemberRow | undefined> {
  return transaction
    .selectFrom('image_members')
    .selectAll()
    .where('image_id', '=', imageId)
    .where('member', '=', memberId)
    .orderBy('deleted')
    .orderBy('id')
    .executeTakeFirst();
}

function memberFromRow(row: MemberRow): ImageMember {
  return {
    imageId: row.image_id,
    memberId: row.member,
    // The column holds only these words: both servers write nothing else.
    status: row.status as MemberStatus,
    createdAt: timeFromSql(row.created_at),
    updatedAt: timeFromSql(row.updated_at ?? row.created_at),
  };
}
