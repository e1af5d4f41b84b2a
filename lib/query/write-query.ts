import { checkOptions } from '../errors/checked-options.js'
import { UsageError, ValidationError } from '../errors/rome-error.js'
import { compileValue } from '../expressions/evaluate.js'
import { Expression } from '../expressions/expression.js'
import { refuseUndefined } from '../expressions/operand.js'
import { areComparable, typeOf } from '../expressions/type-of.js'
import type { Row } from '../records/row.js'
import { softDeletedRow, stampRow } from '../records/stamp-row.js'
import { writeRows } from '../records/write-rows.js'
import { toRowValue } from '../schema/column-value.js'
import type { ColumnDefinition, EntitySchema, ModelSource } from '../schema/entity-schema.js'
import type { RowValue } from '../values/column-type.js'
import type { QueryDescription } from './description.js'
import { accessIn } from './plan/layout.js'
import { checkSources } from './plan/row-source.js'
import type { QuerySession } from './query-session.js'
import { refuseForUpdate } from './rows-for-update.js'
import { type QueryRun, runQuery, type TerminalOptions, terminalOptionRules } from './run-query.js'

/** The row that takes the place of a matching one; `undefined` erases it. */
type NextRow = (row: Row, now: Date) => Row | undefined

/** Sets columns of every matching row. @returns how many matched. */
export function updateRows(
  session: QuerySession,
  description: QueryDescription,
  values: object,
  options: TerminalOptions,
): Promise<number> {
  refuseUndefined(values, 'update')
  const source = writableSource(description, 'update')
  const { schema } = source
  const setters = parseValues(source, values)
  return changeRows('update', session, description, source, options, (row, now) => {
    const next = [...row]
    for (const { column, readValue } of setters) next[column.position] = readValue(row)
    stampRow(schema, row, next, now)
    session.scopes?.check(schema, next)
    return next
  })
}

/** Marks every matching live row as deleted. @returns how many were live. */
export function softDeleteRows(
  session: QuerySession,
  description: QueryDescription,
  options: TerminalOptions,
): Promise<number> {
  const source = writableSource(description, 'softDelete')
  const { schema } = source
  const { deletedAt } = schema
  if (deletedAt === undefined) {
    throw new UsageError('ROME_ARGUMENT', 'this model has no @deletedAt column: use hardDelete()', {
      context: { model: schema.name },
    })
  }
  // Rows that are deleted already are neither touched nor counted.
  const live: QueryDescription =
    description.scope === 'deleted' ? { ...description, limit: 0 } : { ...description, scope: 'live' }
  const nextOf: NextRow = (row, now) => softDeletedRow(schema, deletedAt, row, now)
  return changeRows('softDelete', session, live, source, options, nextOf)
}

/** Erases every matching row. @returns how many matched. */
export function eraseRows(
  session: QuerySession,
  description: QueryDescription,
  options: TerminalOptions,
): Promise<number> {
  const source = writableSource(description, 'hardDelete')
  return changeRows('hardDelete', session, description, source, options, () => undefined)
}

/** Reads every matching row before it writes the first, so that no row is met again as what it became. */
function changeRows(
  operation: string,
  session: QuerySession,
  description: QueryDescription,
  source: ModelSource,
  options: TerminalOptions,
  nextOf: NextRow,
): Promise<number> {
  checkOptions('query', options, terminalOptionRules)
  const table = session.store.table(source.schema)
  const change = async (run: QueryRun): Promise<number> => {
    const { transaction } = run.execution
    const rows = await run.rows(await run.plan({ ...description, selection: [{ kind: 'entity', source }] }))
    const now = session.clock()
    const changes = rows.map((previous) => ({ table, previous, next: nextOf(previous, now) }))
    const cascaded = await writeRows(transaction, changes, now)
    session.follow(table, changes)
    for (const [referring, followed] of cascaded) session.follow(referring, followed)
    return changes.length
  }
  return runQuery(session, description, { ...options, writes: true }, change, { operation })
}

function writableSource(description: QueryDescription, method: string): ModelSource {
  refuseForUpdate(description, method)
  const { input } = description
  const isPlain =
    input.kind === 'model' &&
    description.joins.length === 0 &&
    description.orderBy.length === 0 &&
    description.limit === undefined &&
    description.offset === 0 &&
    !description.isDistinct &&
    description.groupBy.length === 0 &&
    description.having.length === 0
  if (input.kind !== 'model' || !isPlain) {
    throw new UsageError(
      'ROME_ARGUMENT',
      'rows are changed and deleted by a filter alone: take joins, order, limit, groups and set operations away',
      { context: { method } },
    )
  }
  if (description.filters.length === 0 && !description.isEverything) {
    throw new UsageError(
      'ROME_NO_PREDICATE',
      'this would touch every row: add filter(...), or say everything() if that is meant',
      {
        context: { method, model: input.source.schema.name },
      },
    )
  }
  return input.source
}

interface Setter {
  readonly column: ColumnDefinition
  readonly readValue: (row: Row) => RowValue
}

function parseValues(source: ModelSource, values: object): Setter[] {
  const { schema } = source
  const entries = typeof values === 'object' && values !== null ? Object.entries(values) : []
  if (entries.length === 0) {
    throw new UsageError('ROME_ARGUMENT', 'give update() the columns to set, such as { status: "killed" }', {
      context: { model: schema.name },
    })
  }
  return entries.map(([name, value]) => {
    const column = settableColumn(schema, name)
    if (!(value instanceof Expression)) {
      if (value === undefined) {
        throw new UsageError('ROME_UNDEFINED', 'undefined is no value: leave the column out, or set it to null', {
          context: { model: schema.name, column: name },
        })
      }
      const rowValue = toRowValue(schema, column, value)
      return { column, readValue: () => rowValue }
    }
    checkSources([source], [value.node])
    if (!areComparable(column.type, typeOf(value.node))) {
      throw new UsageError('ROME_ARGUMENT', 'set a column to an expression of its own type', {
        context: { column: name, type: column.type.kind, given: typeOf(value.node).kind },
      })
    }
    const readValue = compileValue<Row>(value.node, accessIn(new Map([[source, 0]])))
    return { column, readValue: (row) => toRowValue(schema, column, propertyValue(column, readValue(row))) }
  })
}

function propertyValue(column: ColumnDefinition, value: RowValue): unknown {
  return value === null ? null : column.type.fromRow(value)
}

function settableColumn(schema: EntitySchema, name: string): ColumnDefinition {
  const column = schema.columnByName.get(name)
  if (column === undefined) {
    throw new ValidationError('ROME_UNKNOWN_COLUMN', 'the model has no such column', {
      context: { model: schema.name, column: name, columns: [...schema.columnByName.keys()] },
    })
  }
  if (schema.primaryKey.includes(column) || column.role === 'version') {
    throw new UsageError('ROME_ARGUMENT', 'a primary key and the version are not set by update()', {
      context: { model: schema.name, column: name },
    })
  }
  return column
}
