import type { MaybePromise } from '../async/maybe-promise.js'
import type { Key } from '../codec/key.js'
import { UsageError } from '../errors/rome-error.js'
import { loadSides, wholeRelation } from '../query/load-related.js'
import type { QuerySession } from '../query/query-session.js'
import { QueryRun } from '../query/run-query.js'
import type { RecordTransaction } from '../records/record-transaction.js'
import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'
import { propertyDiffers } from '../schema/entity-access.js'
import type { ModelClass, RelationDefinition } from '../schema/entity-schema.js'
import { attachRelations } from '../schema/related/attach-relations.js'
import { companionOf, sideOf } from '../schema/related/companion.js'
import { owningRef, relate, unrelate } from '../schema/related/link.js'
import { CollectionSide, type RelationSide } from '../schema/related/relation-side.js'
import { schemaOf } from '../schema/schema-of.js'
import type { RowValue } from '../values/column-type.js'
import { copyOf, givenKey } from './entity-properties.js'
import { recordOf } from './entity-record.js'
import { type IsSeen, isSettled } from './key-reads.js'
import { requireVersion } from './stale-version.js'
import type { UnitOfWork } from './unit-of-work.js'

/** What a merge needs of its session. */
export interface MergeParts {
  readonly unit: UnitOfWork
  readonly transaction: RecordTransaction
  readonly session: QuerySession
  /** Which of the rows with these keys the session sees; `undefined` for all. */
  readonly inScope: (table: Table, keys: readonly (readonly RowValue[])[]) => MaybePromise<IsSeen | undefined>
}

/** An entity from elsewhere, and the one of the session that takes over what it says. */
interface Copy {
  readonly source: object
  readonly target: object
  readonly table: Table
  /** The row that the source came of: what differs from it was changed. Without one all that was set counts. */
  readonly base: Row | undefined
  readonly isNew: boolean
}

/** An entity to be found, as it says itself. */
interface Wanted {
  readonly source: object
  readonly table: Table
  readonly base: Row | undefined
  readonly key: Key | undefined
}

/**
 * Copies an entity, and what it is related to by relations that cascade, onto the entities of a session. Everything is
 * read and checked before anything changes: one read for each model and level.
 * @throws ConflictError `ROME_STALE_VERSION`; UsageError `ROME_ENTITY_STATE`.
 */
export async function mergeInto<T extends object>(parts: MergeParts, source: T): Promise<T> {
  const merge = new Merge(parts)
  for (let level: readonly object[] = [source]; level.length > 0; level = merge.relatedTo(level)) {
    await merge.find(level)
  }
  await merge.apply()
  // An entity is copied onto one of its model.
  return merge.targetOf(source) as T
}

class Merge {
  readonly #parts: MergeParts
  readonly #copies = new Map<object, Copy>()
  /** Two sources may be of one row. */
  readonly #newByKey = new Map<Key, object>()

  constructor(parts: MergeParts) {
    this.#parts = parts
  }

  targetOf(source: object): object {
    return this.#copyOf(source).target
  }

  /** Finds the entities of the session for those of a level, or makes them. */
  async find(level: readonly object[]): Promise<void> {
    const byTable = new Map<Table, Wanted[]>()
    for (const source of level) {
      const wanted = this.#wanted(source)
      if (this.#parts.unit.has(source)) {
        if (recordOf(source)?.state === 'deleted') throw deleted(wanted)
        this.#copies.set(source, { ...wanted, target: source, isNew: false })
        continue
      }
      const group = byTable.get(wanted.table)
      if (group === undefined) byTable.set(wanted.table, [wanted])
      else group.push(wanted)
    }
    for (const [table, group] of byTable) await this.#findIn(table, group)
  }

  /** What the sources of a level are related to and is not found yet. */
  relatedTo(level: readonly object[]): object[] {
    const related = new Set<object>()
    for (const source of level) {
      if (this.targetOf(source) === source) continue
      for (const side of cascadingSides(source)) {
        for (const other of [...side.known(), ...(side.removed ?? [])]) if (!this.#copies.has(other)) related.add(other)
      }
    }
    return [...related]
  }

  async apply(): Promise<void> {
    const copies = [...this.#copies.values()].filter(({ source, target }) => source !== target)
    await this.#loadReplaced(copies)
    for (const { source, target } of copies) {
      for (const side of cascadingSides(source)) {
        for (const other of side.removed ?? []) unrelate(sideOf(target, side.definition), this.targetOf(other))
      }
    }
    for (const copy of copies) {
      // What was taken out of a relation may be an orphan now.
      if (recordOf(copy.target)?.state !== 'deleted') copyColumns(copy)
      if (copy.isNew) this.#parts.unit.add(copy.target)
    }
    for (const { target } of this.#copies.values()) {
      const record = recordOf(target)
      if (record !== undefined) this.#parts.unit.touch(record)
    }
    for (const { source, target } of copies) {
      for (const side of cascadingSides(source)) {
        for (const other of side.known()) {
          if (this.#isNewLink(side, other)) relate(sideOf(target, side.definition), this.targetOf(other))
        }
      }
    }
  }

  #copyOf(source: object): Copy {
    return this.#copies.get(source) as Copy
  }

  #wanted(source: object): Wanted {
    const schema = schemaOf(source.constructor as ModelClass)
    const table = this.#parts.session.store.table(schema) as Table
    const record = recordOf(source)
    // A row of another store says nothing about this one.
    const base = record?.table === table ? record.row : undefined
    const key = givenKey({ entity: source, table })
    if (base !== undefined && table.keyOf(base) !== key) {
      throw new UsageError(
        'ROME_ENTITY_STATE',
        'a primary key never changes: add a new entity with the new key and delete this one',
        { context: { model: schema.name, key: table.primaryKeyOf(base) } },
      )
    }
    return { source, table, base, key }
  }

  async #findIn(table: Table, group: readonly Wanted[]): Promise<void> {
    const { unit, transaction, inScope } = this.#parts
    const keyed = group.filter(({ key }) => key !== undefined)
    const primaryKeys = keyed.map(({ source }) => primaryKeyOf(table, source))
    // A scope may ask for related rows, which flushes: rows are read as they are after that.
    const isSeen = keyed.length === 0 ? undefined : await inScope(table, primaryKeys)
    const keys = [...new Set(keyed.map(({ key }) => key as Key))]
    const unmet = keys.filter((key) => !isSettled(unit, unit.find(key)))
    const read = unmet.length === 0 ? [] : await transaction.getMany(table, unmet)
    const rows = new Map(unmet.map((key, at) => [key, read[at]]))
    for (const [key, row] of rows) if (row === undefined) unit.vanished(key)
    for (const key of keys) if (!rows.has(key)) rows.set(key, unit.find(key)?.row)
    for (const wanted of group) {
      const row = wanted.key === undefined ? undefined : rows.get(wanted.key)
      this.#foundOrNew(wanted, row !== undefined && isSeen?.(row) !== false ? row : undefined)
    }
  }

  #foundOrNew(wanted: Wanted, row: Row | undefined): void {
    const { unit } = this.#parts
    const { source, table, key } = wanted
    if (key !== undefined) requireVersion(table, key, knownVersion(wanted), row)
    if (row !== undefined) {
      const target = unit.materialise(table, row, key)
      if (unit.recordOf(target).state === 'deleted') throw deleted(wanted)
      this.#copies.set(source, { ...wanted, target, isNew: false })
      return
    }
    const known = key === undefined ? undefined : this.#newByKey.get(key)
    const target = known ?? new table.schema.model()
    if (known === undefined) attachRelations(table.schema, target)
    if (key !== undefined) this.#newByKey.set(key, target)
    this.#copies.set(source, { ...wanted, target, isNew: known === undefined })
  }

  /** Who gives way to another one in a one-to-one relation has to be known. */
  async #loadReplaced(copies: readonly Copy[]): Promise<void> {
    const { session, transaction } = this.#parts
    const sides = new Map<RelationDefinition, RelationSide[]>()
    for (const { source, target, isNew } of copies) {
      for (const side of isNew ? [] : cascadingSides(source)) {
        const { definition } = side
        if (definition.kind !== 'oneToOne' || definition.isOwner) continue
        if (!side.known().some((other) => this.#isNewLink(side, other))) continue
        sides.set(definition, [...(sides.get(definition) ?? []), sideOf(target, definition)])
      }
    }
    // Who gives way does so whether it is seen or not.
    const seen = { scope: 'all', scopes: undefined, withoutScopes: 'all' } as const
    for (const [definition, replaced] of sides) {
      const run = new QueryRun(session, transaction, {})
      await loadSides({ session, run, ...seen }, replaced, wholeRelation(definition))
    }
  }

  /** Whether two sources were related since they were read. What others did since is not taken back. */
  #isNewLink(side: RelationSide, other: object): boolean {
    const { definition, entity } = side
    if (definition.kind === 'manyToMany') {
      if (side instanceof CollectionSide && side.added?.has(other)) return true
      const { base, isNew } = this.#copyOf(entity)
      return base === undefined || isNew
    }
    const ref = definition.isOwner ? side : owningRef(definition, other)
    const { source, target, base, isNew } = this.#copyOf(ref.entity)
    if (base === undefined || isNew || source === target) return true
    return ref.definition.columns.some(({ own }) =>
      propertyDiffers(own, Reflect.get(source, own.name), base[own.position]),
    )
  }
}

/** Of an entity whose key is given. */
function primaryKeyOf({ schema }: Table, entity: object): RowValue[] {
  return schema.primaryKey.map(({ name, type }) => type.toRow(Reflect.get(entity, name)))
}

function copyColumns({ source, target, table, base, isNew }: Copy): void {
  for (const column of table.schema.columns) {
    if (column.role === 'version' || (!isNew && table.schema.primaryKey.includes(column))) continue
    const value: unknown = Reflect.get(source, column.name)
    const isSaid =
      base === undefined || isNew ? value !== undefined : propertyDiffers(column, value, base[column.position])
    if (isSaid) Reflect.set(target, column.name, copyOf(column, value))
  }
}

/** The version that a source was read with, or was given; none for what comes from another store. */
function knownVersion({ source, base, table: { schema } }: Wanted): unknown {
  const { version } = schema
  if (version === undefined) return undefined
  if (base !== undefined) return base[version.position]
  return recordOf(source)?.row === undefined ? Reflect.get(source, version.name) : undefined
}

function cascadingSides(entity: object): RelationSide[] {
  return (companionOf(entity)?.sides ?? []).filter(({ definition }) => definition.cascadesAdd)
}

function deleted({ table, source }: Wanted): UsageError {
  return new UsageError('ROME_ENTITY_STATE', 'the entity of this key is deleted in this session: add it again first', {
    context: { model: table.schema.name, state: recordOf(source)?.state ?? 'transient' },
  })
}
