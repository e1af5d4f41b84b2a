import type { ModelClass, Query } from 'rome-orm'
import { ListOrder } from '../lists/list-order.js'
import { pageLimit } from '../lists/page-limit.js'

/** Which part of a list of definitions is asked for, and in which order. */
export interface DefinitionPage {
  /** The number of the one to begin after. */
  readonly marker?: number | undefined
  /** All when absent or negative. */
  readonly limit?: number | undefined
  /** A column; the time of creation when absent. */
  readonly sort_key?: string | undefined
  /** `asc` or `desc`; `desc` when absent, `asc` when null. */
  readonly sort_dir?: string | null | undefined
}

/**
 * A page of definitions. `findMarker` is asked for the row to begin after.
 * @throws GlanceError `InvalidSortKey`, `InvalidSortDir`, `Invalid`, and as `findMarker` does.
 */
export async function definitionPage<Row extends object, Root extends object>(
  query: Query<Row, Root>,
  model: ModelClass<Row>,
  { marker, limit, sort_key, sort_dir = 'desc' }: DefinitionPage,
  findMarker: (id: number) => Promise<Row>,
): Promise<Query<Row, Root>> {
  const order = ListOrder.parse(model, sort_key === undefined ? [] : [sort_key], [sort_dir ?? 'asc'])
  const rowsMax = pageLimit(limit)
  const ordered = query.orderBy(...order.orderings)
  const after = marker === undefined ? ordered : ordered.filter(order.after(await findMarker(marker)))
  return rowsMax === undefined ? after : after.limit(rowsMax)
}
