/**
 * What the query string of GET /v2/tasks asks for. Of a repeated parameter the last value counts; what is no column of
 * a task is not looked at. Source: contract 04 §8.2.
 */
import type { TaskStatus, TaskType } from '@lucarne/contract/wire.ts';
import type { QueryPair } from '../../lib/query-string.ts';
import { badRequest } from '../errors.ts';
import type { ListLimits } from '../images/list-parameters.ts';
import { parseLimit } from '../images/list-parameters.ts';
import type { Viewer } from '../request-context.ts';
import { quoteForMessage } from '../text-rules.ts';

/** Columns a list can be narrowed by with an exact value. */
const exactColumns = ['id', 'owner', 'image_id', 'request_id', 'user_id'] as const;
export type ExactTaskColumn = (typeof exactColumns)[number];

/** Columns a list can be ordered by. */
const sortColumns = [
  'id',
  'type',
  'status',
  'owner',
  'expires_at',
  'created_at',
  'updated_at',
  'image_id',
  'request_id',
  'user_id',
] as const;
export type TaskSortColumn = (typeof sortColumns)[number];

export interface TaskListQuery {
  readonly viewer: Viewer;
  /** null for any. */
  readonly status: TaskStatus | null;
  readonly type: TaskType | null;
  readonly exact: ReadonlyMap<ExactTaskColumn, string>;
  readonly sortColumn: TaskSortColumn;
  readonly direction: 'asc' | 'desc';
  readonly limit: number;
  /** Id of the last task of the page before; null for the first page. */
  readonly marker: string | null;
}

const statuses: readonly TaskStatus[] = ['pending', 'processing', 'success', 'failure'];
/** Imports of images are tasks too, but cannot be asked for by their type. */
const types: readonly TaskType[] = ['import'];
const uuidPattern = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Null when what is asked for is known to be nothing. */
export function parseTaskList(pairs: readonly QueryPair[], viewer: Viewer, limits: ListLimits): TaskListQuery | null {
  const parameters = new Map(pairs);
  const query = {
    viewer,
    status: chosen('status', parameters.get('status'), statuses),
    type: chosen('type', parameters.get('type'), types),
    exact: new Map(
      exactColumns.flatMap((column) => {
        const value = parameters.get(column);
        return value === undefined ? [] : [[column, value] as const];
      }),
    ),
    sortColumn: parseSortColumn(parameters.get('sort_key')),
    direction: chosen('sort_dir', parameters.get('sort_dir'), ['asc', 'desc'] as const) ?? 'desc',
    limit: parseLimit(parameters.get('limit'), limits),
    marker: parseMarker(parameters.get('marker')),
  };
  const isNothing = parameters.get('status') === '' || parameters.get('type') === '';
  return isNothing ? null : query;
}

function chosen<Value extends string>(
  name: string,
  value: string | undefined,
  allowed: readonly Value[],
): Value | null {
  const isFilter = name === 'status' || name === 'type';
  if (value === undefined || (isFilter && value === '')) return null;
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined)
    throw badRequest(`The parameter ${name} is one of ${allowed.join(', ')}, not ${quoteForMessage(value)}.`);
  return found;
}

/** Tasks that are listed are not deleted, so that these two columns put none before another. */
function parseSortColumn(value: string | undefined): TaskSortColumn {
  const isMute = value === 'deleted' || value === 'deleted_at';
  return (isMute ? null : chosen('sort_key', value, sortColumns)) ?? 'created_at';
}

function parseMarker(value: string | undefined): string | null {
  if (value === undefined) return null;
  if (!uuidPattern.test(value)) throw badRequest('The marker must be the id of a task.');
  return value;
}
