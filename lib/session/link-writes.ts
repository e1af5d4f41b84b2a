import { UsageError } from '../errors/rome-error.js'
import type { QuerySession } from '../query/query-session.js'
import { rowsOfKeys } from '../query/rows-of-keys.js'
import { QueryRun } from '../query/run-query.js'
import type { RecordTransaction } from '../records/record-transaction.js'
import type { Row } from '../records/row.js'
import { stampRow } from '../records/stamp-row.js'
import type { Table } from '../records/table.js'
import { toRowValue } from '../schema/column-value.js'
import type { ColumnDefinition, RelationDefinition, ThroughDefinition } from '../schema/entity-schema.js'
import type { CollectionSide } from '../schema/related/relation-side.js'
import type { RowValue } from '../values/column-type.js'
import { rowValuesEqual } from '../values/compare.js'
import { recordOf } from './entity-record.js'
import type { NewKeys } from './new-keys.js'
import type { PlannedWrite } from './planned-write.js'
import { valueOfNew } from './written-row.js'

/** Two entities that a many-to-many relation is to relate, or no longer. */
interface Pair {
  /** The foreign keys of a row between the two, by the positions of their columns. */
  readonly values: ReadonlyMap<number, RowValue>
  readonly isAdded: boolean
  /** One of the two is new, so that there is no row yet. */
  readonly isNew: boolean
}

/** What the planning of rows between two entities needs. */
export interface LinkPlan {
  readonly session: QuerySession
  readonly transaction: RecordTransaction
  readonly keys: NewKeys
  readonly now: Date
  /** Whether an entity has no row any more, or will have none. */
  readonly isErased: (entity: object) => boolean
}

/** The rows that many-to-many relations insert and erase. Reads those that may be there already. */
export async function planLinks(plan: LinkPlan, sides: Iterable<CollectionSide>): Promise<PlannedWrite[]> {
  const pairsByRelation = new Map<RelationDefinition, Pair[]>()
  for (const side of sides) {
    if (!side.added?.size && !side.removed?.size) continue
    const known = pairsByRelation.get(side.definition)
    if (known === undefined) pairsByRelation.set(side.definition, pairsOf(plan, side))
    else known.push(...pairsOf(plan, side))
  }
  const writes: PlannedWrite[] = []
  for (const [{ through }, pairs] of pairsByRelation) {
    if (through !== undefined) writes.push(...(await writesOf(plan, through, pairs)))
  }
  return writes
}

function pairsOf(plan: LinkPlan, { added, removed, definition, entity }: CollectionSide): Pair[] {
  const through = definition.through as ThroughDefinition
  // The rows of an entity that is erased go with it, as its foreign keys say.
  if (plan.isErased(entity)) return []
  const isPending = (one: object): boolean => recordOf(one)?.state === 'pending'
  const pair = (other: object, isAdded: boolean): Pair => ({
    values: new Map([
      ...keyValues(plan, definition, through.from, entity),
      ...keyValues(plan, definition, through.to, other),
    ]),
    isAdded,
    isNew: isPending(entity) || isPending(other),
  })
  const isThere = (other: object): boolean => !plan.isErased(other)
  return [
    ...[...(removed ?? [])]
      .filter((other) => isThere(other) && recordOf(other)?.row)
      .map((other) => pair(other, false)),
    ...[...(added ?? [])].filter(isThere).map((other) => pair(other, true)),
  ]
}

function keyValues(
  { keys }: LinkPlan,
  relation: RelationDefinition,
  side: RelationDefinition,
  entity: object,
): [number, RowValue][] {
  return side.columns.map(({ own, target }) => {
    const value = recordOf(entity)?.owner === undefined ? undefined : keys.keyValue(entity, target)
    if (value !== undefined) return [own.position, toRowValue(side.schema, own, value)]
    throw new UsageError('ROME_ENTITY_STATE', 'a related entity is not in this session: add it', {
      context: { model: relation.schema.name, relation: relation.name, target: side.target.name },
    })
  })
}

async function writesOf(plan: LinkPlan, through: ThroughDefinition, pairs: readonly Pair[]): Promise<PlannedWrite[]> {
  const table = plan.session.store.table(through.schema)
  const stored = await storedRows(plan, through, table, pairs)
  const { deletedAt } = through.schema
  return pairs.flatMap((pair): PlannedWrite[] => {
    const rows = stored.filter((row) => isOf(table, row, pair))
    const isLive = (row: Row): boolean => deletedAt === undefined || row[deletedAt.position] === null
    const live = rows.filter(isLive)
    if (!pair.isAdded) {
      return live.map((row) => write(table, row, deletedAt && withTime(plan, table, row, deletedAt, plan.now)))
    }
    if (live.length > 0) return []
    const [hidden] = rows
    if (hidden !== undefined && deletedAt !== undefined) {
      return [write(table, hidden, withTime(plan, table, hidden, deletedAt, null))]
    }
    return [write(table, undefined, newRow(plan, through, pair))]
  })
}

function write(table: Table, previous: Row | undefined, next: Row | undefined): PlannedWrite {
  return { record: undefined, table, previous, next, assigned: [] }
}

function newRow({ now }: LinkPlan, { schema }: ThroughDefinition, { values }: Pair): Row {
  return schema.columns.map(
    (column) => values.get(column.position) ?? toRowValue(schema, column, valueOfNew(schema, column, now)),
  )
}

function withTime({ now }: LinkPlan, { schema }: Table, row: Row, column: ColumnDefinition, time: Date | null): Row {
  const next = [...row]
  next[column.position] = time && column.type.toRow(time)
  stampRow(schema, row, next, now)
  return next
}

function isOf({ schema: { columns } }: Table, row: Row, { values }: Pair): boolean {
  return [...values].every(([position, value]) => rowValuesEqual(columns[position].type, row[position], value))
}

/** Rows between the two sides of pairs, and maybe others: by their keys where the foreign keys tell them. */
async function storedRows(
  { session, transaction }: LinkPlan,
  { schema, from }: ThroughDefinition,
  table: Table,
  pairs: readonly Pair[],
): Promise<readonly Row[]> {
  const known = pairs.filter(({ isNew }) => !isNew)
  if (known.length === 0) return []
  const valuesIn = (columns: readonly ColumnDefinition[]) =>
    known.map(({ values }) => columns.map((column) => values.get(column.position) as RowValue))
  if (schema.primaryKey.every(({ position }) => known[0].values.has(position))) {
    const keys = valuesIn(schema.primaryKey).map((values) => table.keyOfPrimaryKey(values))
    return (await transaction.getMany(table, keys)).filter((row) => row !== undefined)
  }
  const columns = from.columns.map(({ own }) => own)
  return rowsOfKeys(new QueryRun(session, transaction, {}), {
    source: schema.source,
    columns,
    keys: valuesIn(columns),
    scope: 'all',
    // Rows are related once, whoever sees it.
    withoutScopes: 'all',
  })
}
