import { UsageError } from '../errors/rome-error.js'
import { primaryKeyByColumn } from '../records/describe-conflict.js'
import { changedPositions } from '../schema/row-mapping.js'
import { isModified } from './entity-properties.js'
import type { EntityRecord } from './entity-record.js'
import type { IdentityMap } from './identity-map.js'

/** The entities that a session looks at for changes: all of its identity map, or those of them that were touched. */
export class ComparedEntities {
  readonly #byKey: IdentityMap
  /** `undefined` where all are compared. Some may not be in the identity map, or not yet. */
  #touched: Set<EntityRecord> | undefined

  constructor(byKey: IdentityMap, comparesAll: boolean) {
    this.#byKey = byKey
    this.#touched = comparesAll ? undefined : new Set()
  }

  get isEmpty(): boolean {
    return this.#byKey.isEmpty || this.#touched?.size === 0
  }

  /** Has an entity compared from now on. */
  touch(record: EntityRecord): void {
    this.#touched?.add(record)
  }

  has(record: EntityRecord): boolean {
    return this.#touched?.has(record) !== false
  }

  records(): EntityRecord[] {
    return this.#mapped ?? this.#byKey.records()
  }

  /** Whether something is true of one of them, among those of some tables or all. */
  some(test: (record: EntityRecord) => boolean, tables?: ReadonlySet<number>): boolean {
    const isOf = ({ table }: EntityRecord) => tables?.has(table.id) !== false
    return this.#mapped?.some((record) => isOf(record) && test(record)) ?? this.#byKey.some(test, tables)
  }

  /** Those of which something is true. */
  filter(test: (record: EntityRecord) => boolean): EntityRecord[] {
    return this.#mapped?.filter(test) ?? this.#byKey.filter(test)
  }

  /**
   * Looks at the others too. Cost: one comparison for each of them.
   * @throws UsageError `ROME_NOT_TOUCHED` when one of them was changed.
   */
  requireComplete(): void {
    const forgotten = this.#byKey.filter((record) => !this.has(record) && isModified(record))
    if (forgotten.length > 0) throw notTouched(forgotten)
  }

  /** What {@link ComparedEntities.restore} brings back. */
  save(): ReadonlySet<EntityRecord> | undefined {
    return this.#touched && new Set(this.#touched)
  }

  /** Makes those the touched ones that were so then; none by default. */
  restore(touched?: ReadonlySet<EntityRecord>): void {
    if (this.#touched !== undefined) this.#touched = new Set(touched)
  }

  get #mapped(): EntityRecord[] | undefined {
    return this.#touched && [...this.#touched].filter((record) => this.#byKey.has(record))
  }
}

function notTouched(forgotten: readonly EntityRecord[]): UsageError {
  return new UsageError(
    'ROME_NOT_TOUCHED',
    'entities were changed that this session was not told of, so that nothing would be written of it: say ' +
      'session.touch(entity) beside the change, or compare all with { changes: "compared" }',
    {
      context: {
        entities: forgotten.map(({ entity, key, row, table }) => ({
          model: table.schema.name,
          key: key && primaryKeyByColumn(table, key),
          columns: changedPositions(table.schema, entity, row ?? []).map((at) => table.schema.columns[at].name),
        })),
      },
    },
  )
}
