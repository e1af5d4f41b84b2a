import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import { checkOptions, type OptionRules } from '../errors/checked-options.js'
import { UsageError } from '../errors/rome-error.js'
import { columnNode } from '../expressions/make-nodes.js'
import type { ColumnNode } from '../expressions/nodes.js'
import type { Row } from '../records/row.js'
import { toRowValue } from '../schema/column-value.js'
import type { ColumnDefinition, EntitySchema, ModelSource } from '../schema/entity-schema.js'
import type { ColumnName } from '../schema/field-types.js'
import { type PrimaryKey, primaryKeyValues } from '../schema/primary-key.js'
import type { RowValue } from '../values/column-type.js'
import { parseCount } from './build.js'
import type { OrderPart, QueryDescription } from './description.js'
import type { QuerySession } from './query-session.js'
import { refuseForUpdate } from './rows-for-update.js'
import { rowsOfKeys } from './rows-of-keys.js'
import { type QueryRun, resultsOf, runQuery, type TerminalOptions, terminalOptionRules } from './run-query.js'
import { completeOrder } from './total-order.js'

/** Which way a sort key orders. */
export type SortDirection = 'asc' | 'desc'

/** What `paginate` looks at, whatever model it is of. */
interface PaginateRequest extends TerminalOptions {
  /** The most items; all that there are without it. */
  readonly limit?: number | undefined
  readonly marker?: unknown
  readonly sortKeys?: readonly string[] | undefined
  /** A direction for each sort key, or one for all; ascending without any. */
  readonly sortDirs?: readonly SortDirection[] | SortDirection | undefined
}

const isAny = (): boolean => true

const paginateOptionRules: OptionRules<PaginateRequest> = {
  ...terminalOptionRules,
  // Checked with messages of their own.
  limit: isAny,
  marker: isAny,
  sortKeys: Array.isArray,
  sortDirs: (value) => typeof value === 'string' || Array.isArray(value),
}

/** Pages in the manner of OpenStack: what comes after a marker, in the order of some keys. */
export interface PaginateOptions<Root extends object = object> extends PaginateRequest {
  /** The last entity of the page before, or its primary key. */
  readonly marker?: Root | PrimaryKey | undefined
  /** Columns to order by; the primary key completes them. */
  readonly sortKeys?: readonly ColumnName<Root>[] | undefined
}

/** The items after the marker. Cost: their rows, and one for a marker given by key, when an index has the order. */
export function paginate(
  session: QuerySession,
  description: QueryDescription,
  options: PaginateRequest,
): Promise<unknown[]> {
  checkOptions('paginate', options, paginateOptionRules)
  refuseForUpdate(description, 'paginate')
  const source = paginatedSource(description)
  const limit = options.limit === undefined ? undefined : parseCount(options.limit, 'limit')
  const order = completeOrder(parseSortKeys(source, options), [source])
  const read = (run: QueryRun, values: readonly RowValue[] | undefined) => {
    const seek = values === undefined ? {} : { seek: { order, values } }
    return andThen(run.plan({ ...description, orderBy: order, limit }, seek), (planned) =>
      andThen(run.rows(planned), (rows) => resultsOf(run, session, description, planned.parts, rows)),
    )
  }
  const { marker } = options
  const readAfter = (run: QueryRun) => {
    if (marker === undefined || marker === null) return read(run, undefined)
    if (marker instanceof source.schema.model) return read(run, placeOfEntity(source.schema, order, marker))
    return andThen(markerRow(run, description, source, marker), (row) =>
      read(
        run,
        order.map((part) => row[columnIn(part).position]),
      ),
    )
  }
  return runQuery(session, description, options, readAfter, { operation: 'paginate' })
}

function paginatedSource(description: QueryDescription): ModelSource {
  const { input } = description
  if (description.orderBy.length > 0) {
    throw new UsageError('ROME_ARGUMENT', 'paginate() orders by its sort keys: take orderBy() away, or use page()')
  }
  if (description.limit !== undefined || description.offset > 0) {
    throw new UsageError('ROME_ARGUMENT', 'paginate() has its own limit and marker: take limit() and offset() away')
  }
  const isEntities = description.selection.length === 1 && description.selection[0].kind === 'entity'
  if (input.kind !== 'model' || !isEntities || description.isDistinct || description.joins.length > 0) {
    throw new UsageError('ROME_ARGUMENT', 'paginate() pages through the entities of one model: use page()')
  }
  return input.source
}

function parseSortKeys(source: ModelSource, options: PaginateRequest): OrderPart[] {
  const { sortKeys = [], sortDirs = [] } = options
  const { schema } = source
  if (typeof sortDirs !== 'string' && sortDirs.length > 0 && sortDirs.length !== sortKeys.length) {
    throw new UsageError('ROME_ARGUMENT', 'give one direction for all sort keys, or one for each', {
      context: { sortKeys: sortKeys.length, sortDirs: sortDirs.length },
    })
  }
  return sortKeys.map((name, position) => {
    const column = schema.columnByName.get(name)
    if (column === undefined || !column.type.isOrdered) {
      throw new UsageError('ROME_SORT_KEY_UNKNOWN', 'order by a column of the model that has an order', {
        context: { model: schema.name, sortKey: name, columns: [...schema.columnByName.keys()] },
      })
    }
    const direction = (typeof sortDirs === 'string' ? sortDirs : sortDirs[position]) ?? 'asc'
    if (direction !== 'asc' && direction !== 'desc') {
      throw new UsageError('ROME_ARGUMENT', 'a sort direction is "asc" or "desc"', {
        context: { sortKey: name, direction },
      })
    }
    const isDescending = direction === 'desc'
    return { node: columnNode(source, column), isDescending, nulls: isDescending ? 'first' : 'last' }
  })
}

/** Only the sort keys of a marker entity are looked at: the rest of it may be stale or missing. */
function placeOfEntity(schema: EntitySchema, order: readonly OrderPart[], marker: object): RowValue[] {
  return order.map((part) => {
    const column = columnIn(part)
    const value: unknown = Reflect.get(marker, column.name)
    if (value !== undefined) return toRowValue(schema, column, value)
    throw new UsageError('ROME_UNDEFINED', 'the marker entity lacks a sort key', {
      context: { model: schema.name, sortKey: column.name },
    })
  })
}

function markerRow(
  run: QueryRun,
  { scope, withoutScopes }: QueryDescription,
  source: ModelSource,
  marker: unknown,
): MaybePromise<Row> {
  const { schema } = source
  const keys = [primaryKeyValues(schema, marker)]
  const rows = rowsOfKeys(run, { source, columns: schema.primaryKey, keys, scope, withoutScopes })
  return andThen(rows, ([row]) => {
    if (row !== undefined) return row
    throw new UsageError(
      'ROME_MARKER_NOT_FOUND',
      'there is no entity with the marker as its primary key: begin at the first page',
      {
        context: { model: source.schema.name, marker },
      },
    )
  })
}

function columnIn(part: OrderPart): ColumnDefinition {
  // Every part is made of a column by parseSortKeys or completeOrder.
  return (part.node as ColumnNode).column as ColumnDefinition
}
