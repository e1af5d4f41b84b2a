import { UsageError } from '../errors/rome-error.js'
import type { ColumnDefinition, RelationColumns } from '../schema/entity-schema.js'
import type { RefSide } from '../schema/related/relation-side.js'
import { type EntityRecord, recordOf } from './entity-record.js'
import { isAwaiting } from './relation-changes.js'

const noValues: GivenValues = new Map()
const noSides: readonly RefSide[] = []

/** Property values that a flush gives to an entity, by column position. */
export type GivenValues = ReadonlyMap<number, unknown>

/**
 * The keys of new entities, and with them the foreign keys that wait for them. They are made before any row is, so that
 * it does not matter in which order, or in what circle, new entities refer to each other.
 */
export class NewKeys {
  readonly #keys = new Map<EntityRecord, GivenValues>()
  readonly #underWay = new Set<EntityRecord>()
  readonly #pending: ReadonlySet<EntityRecord>

  constructor(pending: ReadonlySet<EntityRecord>) {
    this.#pending = pending
  }

  /** What the columns of an entity get that its properties lack: generated keys, and keys of what it refers to. */
  valuesFor(record: EntityRecord): GivenValues {
    const generated = this.#pending.has(record) ? this.#keyOf(record) : noValues
    const sides = awaitingSides(record)
    if (sides.length === 0) return generated
    const values = new Map(generated)
    for (const side of sides) {
      for (const pair of side.definition.columns) values.set(pair.own.position, this.#referred(side, pair))
    }
    return values
  }

  /** The value of a key column, whether it was given or generated. */
  keyValue(entity: object, column: ColumnDefinition): unknown {
    const given: unknown = Reflect.get(entity, column.name)
    if (given !== undefined) return given
    const record = recordOf(entity)
    return record && this.#pending.has(record) ? this.#keyOf(record).get(column.position) : undefined
  }

  #keyOf(record: EntityRecord): GivenValues {
    if (hasWholeKey(record)) return noValues
    const known = this.#keys.get(record)
    if (known !== undefined) return known
    if (this.#underWay.has(record)) {
      throw new UsageError('ROME_ENTITY_STATE', 'new entities are part of each other’s keys in a circle: give a key', {
        context: { model: record.table.schema.name },
      })
    }
    this.#underWay.add(record)
    const values = new Map<number, unknown>()
    for (const column of record.table.schema.primaryKey) {
      if (Reflect.get(record.entity, column.name) !== undefined) continue
      const value = this.#generate(record, column)
      if (value !== undefined) values.set(column.position, value)
    }
    this.#underWay.delete(record)
    this.#keys.set(record, values)
    return values
  }

  #generate(record: EntityRecord, column: ColumnDefinition): unknown {
    for (const side of awaitingSides(record)) {
      const pair = side.definition.columns.find(({ own }) => own === column)
      if (pair !== undefined) return this.#referred(side, pair)
    }
    return column.makeDefault?.()
  }

  #referred({ definition, target }: RefSide, pair: RelationColumns): unknown {
    const value = this.keyValue(target as object, pair.target)
    if (value !== undefined) return value
    throw new UsageError(
      'ROME_ENTITY_STATE',
      'a related entity has no key yet and is not in this session: add it, or let the relation cascade',
      { context: { model: definition.schema.name, relation: definition.name, target: definition.target.name } },
    )
  }
}

function hasWholeKey({ entity, table }: EntityRecord): boolean {
  const properties = entity as Readonly<Record<string, unknown>>
  return table.schema.primaryKey.every((column) => properties[column.name] !== undefined)
}

function awaitingSides({ sides }: EntityRecord): readonly RefSide[] {
  return sides?.filter(isAwaiting) ?? noSides
}
