import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import type { Key } from '../codec/key.js'
import { isPrimitive } from '../expressions/comparison.js'
import { columnNode } from '../expressions/make-nodes.js'
import type { RecordStore } from '../records/record-store.js'
import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'
import type {
  ColumnDefinition,
  RelationColumns,
  RelationDefinition,
  ThroughDefinition,
} from '../schema/entity-schema.js'
import { sideOf } from '../schema/related/companion.js'
import { refersTo } from '../schema/related/foreign-key.js'
import { RefSide, type RelationSide } from '../schema/related/relation-side.js'
import type { RowValue } from '../values/column-type.js'
import { applyScopes } from './apply-scopes.js'
import { type IncludePart, newDescription, type OrderPart, type QueryDescription, type Scope } from './description.js'
import { indexOfEach, rowsOfEach } from './first-of-each.js'
import { checkExecution } from './operators/operator.js'
import type { ResultEntities } from './query-session.js'
import { type Answering, rowsOfKeys } from './rows-of-keys.js'
import type { SessionScopes } from './session-scopes.js'

/** So many keys are looked up by one query at most, which bounds its memory. */
const keysMax = 1000

/** How relations of entities are read: within a run of the query that gave the entities. */
export interface RelatedRead {
  readonly session: ResultEntities
  readonly run: Answering
  readonly scope: Scope
  readonly scopes: SessionScopes | undefined
  /** Default scopes that do not apply. */
  readonly withoutScopes: QueryDescription['withoutScopes']
  /** Also what is known already. */
  readonly refresh?: boolean
}

/** Loads relations of entities, and of those they lead to: one read for each, whatever the number of entities. */
export function loadIncludes(
  read: RelatedRead,
  entities: readonly object[],
  includes: readonly IncludePart[],
): MaybePromise<void> {
  return inTurn(includes, (part) => {
    const sides = [...new Set(entities)].map((entity) => sideOf(entity, part.definition))
    return andThen(loadSides(read, sides, part), () =>
      part.includes.length === 0
        ? undefined
        : loadIncludes(
            read,
            sides.flatMap((side) => side.known()),
            part.includes,
          ),
    )
  })
}

/** A relation as it is loaded when nobody says more. */
export function wholeRelation(definition: RelationDefinition): IncludePart {
  return { definition, source: definition.target.source, filters: [], orderBy: [], limit: undefined, includes: [] }
}

/** Loads one relation of several entities, where it is not known. */
export function loadSides(read: RelatedRead, sides: readonly RelationSide[], part: IncludePart): MaybePromise<void> {
  const isOther = part.filters.length > 0 || part.limit !== undefined || part.orderBy.length > 0
  const isAll = read.refresh || isOther || seesMore(read)
  const { definition } = part
  const wanted = isAll ? sides : sides.filter((side) => !read.session.isLoadedNow(side) || leadsToHidden(read, side))
  const load = definition.kind === 'manyToMany' ? loadThrough : definition.isOwner ? loadReferred : loadReferring
  return inTurn(chunks(wanted), (chunk) => load(read, chunk, part))
}

/** Whether a reference leads to an entity that was soft-deleted since, which a usual read does not show. */
function leadsToHidden({ scope }: RelatedRead, side: RelationSide): boolean {
  const { deletedAt } = side.definition.target
  if (scope !== 'live' || deletedAt === undefined || !(side instanceof RefSide) || !side.target) return false
  return Reflect.get(side.target, deletedAt.name) !== null
}

/** The entities that foreign keys lead to: by their keys, unless the session has them. */
function loadReferred(read: RelatedRead, sides: readonly RelationSide[], part: IncludePart): MaybePromise<void> {
  const { session, run, scope, scopes, withoutScopes, refresh } = read
  const { target } = part.definition
  const table = session.store.table(target)
  // What the session knows may be out of scope, which only a query tells.
  const isScoped = scopes?.hides(target, withoutScopes) ?? false
  const keyBySide = new Map(sides.map((side) => [side, referredKey(table, side)]))
  const entityByKey = new Map<Key, object>()
  const missing = new Map<Key, RowValue[]>()
  for (const [side, key] of keyBySide) {
    if (key === undefined) continue
    const settled = refresh || isScoped ? undefined : session.findSettled(key)
    if (settled === undefined) missing.set(key, valuesOf(side.entity, ownColumns(side.definition.columns)))
    else entityByKey.set(key, settled)
  }
  const keys = [...missing.values()]
  checkExecution(run.execution)
  const { transaction, meter, budget } = run.execution
  if (!isScoped) budget?.takeKeys(missing.size)
  const rows: MaybePromise<readonly (Row | undefined)[]> = isScoped
    ? rowsOfKeys(run, { source: target.source, columns: target.primaryKey, keys, scope, withoutScopes })
    : missing.size === 0
      ? []
      : transaction.getMany(table, [...missing.keys()], meter)
  return andThen(rows, (found) => {
    for (const row of found) {
      const isSeen = row !== undefined && (scope !== 'live' || !table.isDeleted(row))
      if (isSeen) entityByKey.set(table.keyOfRead(row), session.materialise(table, row))
    }
    for (const [side, key] of keyBySide) {
      const entity = key === undefined ? undefined : entityByKey.get(key)
      note(read, side, entity === undefined ? [] : [entity])
    }
  })
}

/** The entities whose foreign keys lead here. */
function loadReferring(read: RelatedRead, sides: readonly RelationSide[], part: IncludePart): MaybePromise<void> {
  const { session, run, scope, withoutScopes } = read
  const { definition, source, filters } = part
  const { columns } = definition
  const ownTable = session.store.table(definition.schema)
  const table = session.store.table(definition.target)
  const foreignKey = columns.map(({ target }) => target)
  const own = ownColumns(columns)
  const keys = sides.map((side) => valuesOf(side.entity, own) as RowValue[])
  const orderBy = orderOf(part)
  const rows =
    indexOfLimit(session.store, read, part) !== undefined
      ? rowsOfEach(run, limitedRows(read, part), foreignKey, keys)
      : rowsOfKeys(run, { source, columns: foreignKey, keys, scope, withoutScopes, filters, orderBy })
  return andThen(rows, (found) => {
    const rowsByKey = groupBy(found, referenceIn(ownTable, foreignKey))
    const keyOfSide = referenceIn(ownTable)
    sides.forEach((side, at) => {
      const rows = rowsByKey.get(keyOfSide(keys[at])) ?? []
      const children = rows.slice(0, part.limit).map((row) => session.materialise(table, row))
      fill(read, part, side, children)
      for (const child of children) referBack(read, definition, child, side.entity)
    })
  })
}

/** Which rows are seen. */
export type SeenRows = Pick<RelatedRead, 'scope' | 'scopes' | 'withoutScopes'>

/**
 * The index by which a collection with a limit is read no further than that, for each entity by itself; `undefined`
 * where the collections are read whole and cut.
 */
export function indexOfLimit(store: RecordStore, seen: SeenRows, part: IncludePart): ReturnType<typeof indexOfEach> {
  const { definition, limit } = part
  if (limit === undefined || definition.kind !== 'oneToMany') return undefined
  return indexOfEach(store.table(definition.target), limitedRows(seen, part), targetColumns(definition.columns))
}

/** What the rows of one collection have to fulfil, their order and limit. */
function limitedRows({ scope, scopes, withoutScopes }: SeenRows, part: IncludePart): QueryDescription {
  const { source, filters, limit } = part
  const rows = newDescription({ kind: 'model', source }, [{ kind: 'entity', source }])
  return applyScopes(scopes, { ...rows, scope, withoutScopes, filters, orderBy: orderOf(part), limit }).description
}

/** The entities that rows between the two sides lead to. */
function loadThrough(read: RelatedRead, sides: readonly RelationSide[], part: IncludePart): MaybePromise<void> {
  const { session, run, scope, withoutScopes } = read
  const { definition, source, filters } = part
  const { schema, from, to } = definition.through as ThroughDefinition
  const ownTable = session.store.table(definition.schema)
  const table = session.store.table(definition.target)
  const [fromColumns, toColumns] = [ownColumns(from.columns), ownColumns(to.columns)]
  const own = targetColumns(from.columns)
  const keys = sides.map((side) => valuesOf(side.entity, own) as RowValue[])
  const links = rowsOfKeys(run, {
    source: schema.source,
    columns: fromColumns,
    keys,
    scope,
    withoutScopes,
    orderBy: [],
  })
  return andThen(links, (rowsBetween) => {
    const targetKey = (link: Row) => toColumns.map(({ position }) => link[position])
    // A row with a null in its foreign key leads nowhere.
    const found = rowsBetween.filter((link) => !targetKey(link).includes(null))
    const linksByKey = groupBy(found, referenceIn(ownTable, fromColumns))
    const keyOfSide = referenceIn(ownTable)
    const targetKeys = new Map(found.map((link) => [table.keyOfPrimaryKey(targetKey(link)), targetKey(link)]))
    const targets = rowsOfKeys(run, {
      source,
      columns: definition.target.primaryKey,
      keys: [...targetKeys.values()],
      scope,
      withoutScopes,
      filters,
      orderBy: orderOf(part),
    })
    return andThen(targets, (rows) => {
      // The rows came in the order of the relation, which each collection keeps.
      const place = new Map(rows.map((row, at) => [table.keyOfRead(row), at]))
      sides.forEach((side, at) => {
        const links = linksByKey.get(keyOfSide(keys[at])) ?? []
        const places = new Set(links.map((link) => place.get(table.keyOfPrimaryKey(targetKey(link)))))
        const sorted = [...places].filter((each) => each !== undefined).sort((a, b) => a - b)
        const entities = sorted.slice(0, part.limit).map((each) => session.materialise(table, rows[each]))
        fill(read, part, side, entities)
      })
    })
  })
}

function fill(read: RelatedRead, part: IncludePart, side: RelationSide, entities: readonly object[]): void {
  note(read, side, entities, part.filters.length > 0 || part.limit !== undefined)
}

function note(read: RelatedRead, side: RelationSide, entities: readonly object[], isPartial?: boolean): void {
  read.session.fill(side, entities, isPartial)
  if (seesMore(read)) side.loadAgain()
}

/** Whether rows are seen that are hidden otherwise. */
function seesMore({ scope, withoutScopes }: RelatedRead): boolean {
  return scope !== 'live' || withoutScopes.length > 0
}

/** What was found by its foreign key refers to where it was found. */
function referBack(read: RelatedRead, { inverse }: RelationDefinition, child: object, parent: object): void {
  if (inverse === undefined) return
  const ref = sideOf(child, inverse)
  if (ref instanceof RefSide && ref.target !== parent && refersTo(inverse, child, parent)) note(read, ref, [parent])
}

function orderOf({ definition, orderBy, source }: IncludePart): readonly OrderPart[] {
  if (orderBy.length > 0) return orderBy
  return definition.orderBy.map(({ column, isDescending }) => ({
    node: columnNode(source, column),
    isDescending,
    nulls: isDescending ? 'first' : 'last',
  }))
}

/** The key that the entity of a side refers to; `undefined` when it refers to none. */
export function referredKey(table: Table, { definition, entity }: RelationSide): Key | undefined {
  const values = valuesOf(entity, ownColumns(definition.columns))
  return values.includes(null) ? undefined : table.keyOfPrimaryKey(values)
}

function valuesOf(entity: object, columns: readonly ColumnDefinition[]): RowValue[] {
  return columns.map(({ name, type }) => {
    const value: unknown = Reflect.get(entity, name)
    return value === null || value === undefined ? null : type.toRow(value)
  })
}

function ownColumns(columns: readonly RelationColumns[]): ColumnDefinition[] {
  return columns.map(({ own }) => own)
}

function targetColumns(columns: readonly RelationColumns[]): ColumnDefinition[] {
  return columns.map(({ target }) => target)
}

/**
 * What rows say by some columns about the row of a table that they refer to, in a form that can be looked up: the value
 * itself where it is one that can. Without columns the values are those of the primary key alone.
 */
function referenceIn(table: Table, columns?: readonly ColumnDefinition[]): (values: Row) => RowValue {
  const { primaryKey } = table.schema
  const positions = primaryKey.map((_, at) => columns?.[at]?.position ?? at)
  const [only] = positions
  if (positions.length === 1 && isPrimitive(primaryKey[0].type)) return (values) => values[only as number] as RowValue
  return (values) => table.keyOfPrimaryKey(positions.map((position) => values[position] as RowValue))
}

function groupBy(rows: readonly Row[], keyOfRow: (row: Row) => RowValue): Map<RowValue, Row[]> {
  const groups = new Map<RowValue, Row[]>()
  for (const row of rows) {
    const key = keyOfRow(row)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return groups
}

function chunks<T>(all: readonly T[]): T[][] {
  const parts: T[][] = []
  for (let start = 0; start < all.length; start += keysMax) parts.push(all.slice(start, start + keysMax))
  return parts
}

/** One after the other, without a promise as long as the data is in memory. */
function inTurn<T>(all: readonly T[], work: (each: T) => MaybePromise<void>, from = 0): MaybePromise<void> {
  for (let at = from; at < all.length; at++) {
    const done = work(all[at])
    if (done instanceof Promise) return done.then(() => inTurn(all, work, at + 1))
  }
  return undefined
}
