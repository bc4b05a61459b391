/** What projects use and have reserved, in SQL. Source: contract 13 C1. */
import { limitedResources } from '../../domain/images/project-limits.ts';
import type { LimitedResource } from '../../domain/images/project-limits.ts';
import type { ProjectUsage, ResourceAmounts } from '../../ports/project-usage.ts';
import type { SqlDatabase } from './dialect.ts';
import { checkClaims, grantClaims, lockProjects, reservedAmount, usedAmount } from './reservation-rows.ts';
import { reading, writing } from './transactions.ts';
import { lockWork } from './work-rows.ts';

export function sqlProjectUsage(database: SqlDatabase): ProjectUsage {
  const { dialect } = database;
  return {
    show: (projectId) =>
      reading(database, (db) =>
        ofEach((resource) => usedAmount({ db, dialect }, { resource, projectId, isCheck: false, holder: null })),
      ),

    showReserved: (projectId) =>
      reading(database, (db) =>
        ofEach((resource) => reservedAmount({ db, dialect }, { resource, projectId, except: null })),
      ),

    check: (claims) => reading(database, (db) => checkClaims({ db, dialect }, claims)),

    reserve: (work, claims) =>
      writing(database, async (transaction) => {
        await lockProjects(
          transaction,
          claims.map(({ limit }) => limit),
        );
        if (!(await lockWork(transaction, work))) return undefined;
        return grantClaims({ transaction, dialect }, claims, work);
      }),
  };
}

async function ofEach(amountOf: (resource: LimitedResource) => Promise<number>): Promise<ResourceAmounts> {
  const amounts: (readonly [LimitedResource, number])[] = [];
  for (const resource of limitedResources) amounts.push([resource, await amountOf(resource)]);
  // Every resource is there: the list is the type.
  return Object.fromEntries(amounts) as ResourceAmounts;
}
