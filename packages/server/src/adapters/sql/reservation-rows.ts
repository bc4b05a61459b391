/**
 * Claims on the limits of projects inside a transaction: the lock of the project, what is used, what is reserved.
 *
 * The lock is a row that is written first in every transaction that counts, so that two of them never count at the
 * same time, on servers with many writers too. Source: contract 13 B, C1; docs/decisions/0013.
 */
import { sql } from 'kysely';
import type { Kysely, Transaction } from 'kysely';
import { importingProperty } from '../../domain/tasks/import-task.ts';
import { claimOf, grantClaim, unitOf } from '../../domain/images/project-limits.ts';
import type { Claim, LimitedResource, ProjectLimit } from '../../domain/images/project-limits.ts';
import type { ImageWork, Reservation } from '../../ports/image-work-repository.ts';
import type { SqlDialect } from './dialect.ts';
import type { ImageWrite } from './image-write.ts';
import type { Tables } from './tables.ts';
import { numberFromSql } from './values.ts';

export interface UsageReader {
  readonly db: Kysely<Tables>;
  readonly dialect: SqlDialect;
}

type Counting = Pick<ImageWrite, 'transaction' | 'dialect'>;

/**
 * Grants all claims or raises `limitExceeded`; with a holder, what is granted of sizes is reserved for its work. The
 * projects are locked already.
 */
export async function grantClaims(
  counting: Counting,
  claims: readonly Claim[],
  holder: ImageWork | null,
): Promise<readonly number[]> {
  const { transaction, dialect } = counting;
  const granted: number[] = [];
  for (const claim of claims) {
    const { resource } = claim.limit;
    const reader = { db: transaction, dialect };
    const held = holder === null ? 0 : await heldAmount(transaction, holder, resource);
    const amount = grantClaim(claim, { byOthers: await takenAmount(reader, claim.limit, holder), held });
    if (holder !== null && isSize(resource)) await setReservation(transaction, holder, { claim, amount });
    granted.push(amount);
  }
  return granted;
}

/**
 * Raises `limitExceeded` when a limit does not hold with what the transaction has written so far, of which the last
 * `addedBytes` are what is refused then. The projects are locked already.
 */
export async function requireLimits(
  { transaction, dialect }: Counting,
  limits: readonly ProjectLimit[],
  addedBytes: number,
): Promise<void> {
  for (const limit of limits) {
    const added = isSize(limit.resource) ? addedBytes : 0;
    const taken = await takenAmount({ db: transaction, dialect }, limit, null);
    grantClaim(claimOf(limit, added), { byOthers: taken - added, held: 0 });
  }
}

/** Raises `limitExceeded` when a claim does not fit. Without the lock: somebody else may be faster. */
export async function checkClaims(reader: UsageReader, claims: readonly Claim[]): Promise<void> {
  for (const claim of claims) grantClaim(claim, { byOthers: await takenAmount(reader, claim.limit, null), held: 0 });
}

/**
 * What is used, or reserved by others than the holder. Reservations first: an upload that ends between the two questions,
 * where a server lets one see that, counts twice then, and not at all if they came last.
 */
async function takenAmount(
  reader: UsageReader,
  { resource, projectId }: OfProject,
  holder: ImageWork | null,
): Promise<number> {
  const reserved = isSize(resource) ? await reservedAmount(reader, { resource, projectId, except: holder }) : 0;
  return reserved + (await usedAmount(reader, { resource, projectId, isCheck: true, holder }));
}

/** Gives back all that work reserved; it ends in this transaction, or another attempt takes its place. */
export async function releaseReservations(
  transaction: Transaction<Tables>,
  { imageId, kind }: Pick<ImageWork, 'imageId' | 'kind'>,
): Promise<void> {
  await transaction
    .deleteFrom('lucarne_reservations')
    .where('image_id', '=', imageId)
    .where('kind', '=', kind)
    .execute();
}

/** Gives back what is held beyond these amounts. */
export async function lowerReservations(
  transaction: Transaction<Tables>,
  { imageId, kind }: ImageWork,
  left: readonly Reservation[],
): Promise<void> {
  for (const { resource, amount } of left) {
    await transaction
      .updateTable('lucarne_reservations')
      .set({ amount })
      .where('image_id', '=', imageId)
      .where('kind', '=', kind)
      .where('resource', '=', resource)
      .where('amount', '>', amount)
      .execute();
  }
}

function isSize(resource: LimitedResource): boolean {
  return unitOf(resource) === 'MiB';
}

/**
 * The first thing a transaction does that counts: some servers show it the rows as they are at its first reading. In one
 * order, so that two that need several projects never wait for each other.
 */
export async function lockProjects(transaction: Transaction<Tables>, limits: readonly ProjectLimit[]): Promise<void> {
  const projects = new Set(limits.map(({ projectId }) => projectId ?? ''));
  for (const project of [...projects].toSorted()) {
    await transaction
      .insertInto('lucarne_project_locks')
      .values({ project_id: project, taken: 1 })
      .onConflict((known) => known.column('project_id').doUpdateSet({ taken: sql`lucarne_project_locks.taken + 1` }))
      .execute();
  }
}

async function setReservation(
  transaction: Transaction<Tables>,
  holder: ImageWork,
  { claim, amount }: { readonly claim: Claim; readonly amount: number },
): Promise<void> {
  const { resource, projectId } = claim.limit;
  const row = { project_id: projectId ?? '', amount };
  await transaction
    .insertInto('lucarne_reservations')
    .values({ image_id: holder.imageId, kind: holder.kind, resource, ...row })
    .onConflict((known) => known.columns(['image_id', 'kind', 'resource']).doUpdateSet(row))
    .execute();
}

async function heldAmount(
  transaction: Transaction<Tables>,
  { imageId, kind }: ImageWork,
  resource: LimitedResource,
): Promise<number> {
  const row = await transaction
    .selectFrom('lucarne_reservations')
    .select('amount')
    .where('image_id', '=', imageId)
    .where('kind', '=', kind)
    .where('resource', '=', resource)
    .executeTakeFirst();
  return numberFromSql(row?.amount ?? 0);
}

interface OfProject {
  readonly resource: LimitedResource;
  readonly projectId: string | null;
}

/** What all work of a project has reserved, but for one. */
export async function reservedAmount(
  { db }: UsageReader,
  { resource, projectId, except }: OfProject & { readonly except: ImageWork | null },
): Promise<number> {
  let rows = db
    .selectFrom('lucarne_reservations')
    .select((select) => select.fn.sum<number | bigint | string | null>('amount').as('amount'))
    .where('project_id', '=', projectId ?? '')
    .where('resource', '=', resource);
  if (except !== null) {
    rows = rows.where(({ eb, or }) => or([eb('image_id', '!=', except.imageId), eb('kind', '!=', except.kind)]));
  }
  return numberFromSql((await rows.executeTakeFirst())?.amount ?? 0);
}

interface UsageQuestion extends OfProject {
  /**
   * Whether something is to be compared with a limit. Then an image whose deletion has begun still counts, for the
   * deletion may be taken back, and images that stage under a reservation do not, for the reservation does.
   */
  readonly isCheck: boolean;
  readonly holder: ImageWork | null;
}

/** Bytes or images of a project. */
export async function usedAmount(reader: UsageReader, question: UsageQuestion): Promise<number> {
  switch (question.resource) {
    case 'image_size_total':
      return storedBytes(reader, question);
    case 'image_stage_total':
      return stagedBytes(reader, question);
    case 'image_count_total':
      return imageCount(reader, question);
    case 'image_count_uploading':
      return uploadingCount(reader, question);
  }
}

/** The images that count. One whose deletion began has the status `deleted` and is not marked so yet. */
function countedImages({ db, dialect }: UsageReader, { projectId, isCheck }: UsageQuestion) {
  const gone = isCheck ? ['killed', 'pending_delete'] : ['killed', 'deleted', 'pending_delete'];
  return db
    .selectFrom('images')
    .where('images.owner', projectId === null ? 'is' : '=', projectId)
    .where('images.deleted', '=', dialect.boolean(false))
    .where('images.status', 'not in', gone);
}

async function storedBytes(reader: UsageReader, question: UsageQuestion): Promise<number> {
  const row = await countedImages(reader, question)
    .innerJoin('image_locations', 'image_locations.image_id', 'images.id')
    .select((select) => select.fn.sum<number | bigint | string | null>('images.size').as('bytes'))
    .where('image_locations.status', '!=', 'deleted')
    .executeTakeFirst();
  return numberFromSql(row?.bytes ?? 0);
}

async function imageCount(reader: UsageReader, question: UsageQuestion): Promise<number> {
  const row = await countedImages(reader, question)
    .select((select) => select.fn.countAll<number | bigint | string>().as('images'))
    .executeTakeFirst();
  return numberFromSql(row?.images ?? 0);
}

const comingIn = ['saving', 'uploading', 'importing'] as const;
const staged = ['uploading', 'importing'] as const;

type CountedImages = ReturnType<typeof countedImages>;

async function uploadingCount(reader: UsageReader, question: UsageQuestion): Promise<number> {
  const count = async (images: CountedImages) => {
    const row = await images
      .select(({ fn }) => fn.countAll<number | bigint | string>().as('images'))
      .executeTakeFirst();
    return numberFromSql(row?.images ?? 0);
  };
  return (await count(imagesIn(reader, question, comingIn))) + (await count(copiedImages(reader, question, comingIn)));
}

async function stagedBytes(reader: UsageReader, question: UsageQuestion): Promise<number> {
  const sum = async (images: CountedImages) => {
    const sums = uncovered(images, question).select(({ fn }) =>
      fn.sum<number | bigint | string | null>('images.size').as('bytes'),
    );
    return numberFromSql((await sums.executeTakeFirst())?.bytes ?? 0);
  };
  return (await sum(imagesIn(reader, question, staged))) + (await sum(copiedImages(reader, question, staged)));
}

/** Those for whose staged data nothing is reserved. */
function uncovered(images: CountedImages, { isCheck, holder }: UsageQuestion): CountedImages {
  if (!isCheck) return images;
  const others = images.where('images.id', 'not in', (select) =>
    select.selectFrom('lucarne_reservations').select('image_id').where('resource', '=', 'image_stage_total'),
  );
  return holder === null ? others : others.where('images.id', '!=', holder.imageId);
}

function imagesIn(reader: UsageReader, question: UsageQuestion, statuses: readonly string[]): CountedImages {
  return countedImages(reader, question).where('images.status', 'in', statuses);
}

/** Images in other statuses that are being copied to further stores. Apart, so that each has its index. */
function copiedImages(reader: UsageReader, question: UsageQuestion, statuses: readonly string[]): CountedImages {
  const copied = reader.db
    .selectFrom('image_properties')
    .select('image_properties.image_id')
    .where('image_properties.name', '=', importingProperty)
    .where('image_properties.value', '>', '')
    .where('image_properties.deleted', '=', reader.dialect.boolean(false));
  return countedImages(reader, question).where('images.status', 'not in', statuses).where('images.id', 'in', copied);
}
