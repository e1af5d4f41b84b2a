import type { MaybePromise } from '../async/maybe-promise.js'
import type { Key } from '../codec/key.js'
import { CorruptionError } from '../errors/rome-error.js'
import type { ForeignKey } from './foreign-key.js'
import type { RowWrite } from './prepared-write.js'
import type { Claim, Departure, ReferenceNotes } from './reference-notes.js'
import type { References } from './references.js'
import type { Row } from './row.js'
import type { ChangesByTable, RowChange } from './row-change.js'
import { softDeletedRow, stampRow } from './stamp-row.js'
import type { GrowingBatch, StoredBatch } from './stored-value.js'
import type { Table } from './table.js'
import type { TransactionReader } from './transaction-reader.js'

/** Writes rows and notes what that leaves to be proved. */
interface RowWriter {
  write(writes: readonly RowWrite[]): MaybePromise<void>
}

/** So many referring rows are read in one go when they are in memory. */
const knownRowsMax = 1000

/** The parts of a transaction that its foreign keys are settled with. */
export interface SettlementParts {
  readonly reader: TransactionReader
  readonly writer: RowWriter
  readonly references: References
  readonly notes: ReferenceNotes
}

/**
 * Brings the foreign keys of a transaction in order, for the rows as they are now: what refers to rows that are gone
 * is erased, soft-deleted or emptied as its relations declare; of the rest it proves that it leads to rows.
 * Cost: a read per row referred to; for each row gone a scan per foreign key that leads to its table.
 * @returns the rows that it changed.
 * @throws ConstraintError `ROME_FOREIGN_KEY`, `ROME_CHECK`; then some rows may have been changed.
 */
export async function settleReferences(parts: SettlementParts, now: Date): Promise<ChangesByTable> {
  const settlement = new Settlement(parts, now)
  const gone = await settlement.cascade()
  for (const departure of gone) await settlement.requireNoReferrer(departure)
  await settlement.requireTargets(parts.notes.takeClaims())
  return settlement.changes
}

/**
 * Only makes what refers to rows that are gone follow them. All of it is looked at again by the next
 * {@link settleReferences}, for rows that are written meanwhile.
 * @param waiting the keys of rows that do not follow yet, since they are about to change.
 */
export async function followDepartures(
  parts: SettlementParts,
  now: Date,
  waiting: ReadonlySet<Key>,
): Promise<ChangesByTable> {
  const settlement = new Settlement(parts, now, waiting)
  await settlement.cascade()
  parts.notes.departAgain(settlement.followed)
  return settlement.changes
}

class Settlement {
  readonly #parts: SettlementParts
  readonly #now: Date
  readonly #waiting: ReadonlySet<Key> | undefined
  readonly changes = new Map<Table, RowChange[]>()
  /** The rows that were erased or soft-deleted. */
  readonly followed = new Map<Key, Departure>()

  constructor(parts: SettlementParts, now: Date, waiting?: ReadonlySet<Key>) {
    this.#parts = parts
    this.#now = now
    this.#waiting = waiting
  }

  /** Gives the rows that were erased, those of the cascades too. */
  async cascade(): Promise<readonly Departure[]> {
    const gone: Departure[] = []
    // What a round erases or marks may be referred to itself. No row is erased or marked twice, so there is a last one.
    const { notes, reader } = this.#parts
    for (let round = notes.takeDepartures(); round.size > 0; round = notes.takeDepartures()) {
      for (const [key, departure] of round) {
        const { table, before } = departure
        this.followed.set(key, departure)
        const current = await reader.get(table, key)
        if (current === undefined) {
          gone.push(departure)
          await this.#followErased(departure)
        } else if (table.isDeleted(current) && !table.isDeleted(before)) await this.#followSoftDeleted(departure)
      }
    }
    return gone
  }

  async requireNoReferrer({ table, before }: Departure): Promise<void> {
    for (const foreignKey of this.#parts.references.to(table)) {
      if (foreignKey.onDelete !== 'restrict') continue
      const [row] = await this.#referrers(foreignKey, before, { withDeleted: true, isOneEnough: true })
      if (row === undefined) continue
      throw foreignKey.violation(
        'rows refer to the row that is erased: erase or change them first, or declare onDelete on their relation',
        row,
      )
    }
  }

  async requireTargets(claims: readonly Claim[]): Promise<void> {
    const keys = [...new Set(claims.map(({ targetKey }) => targetKey))]
    const stored = await this.#parts.reader.hasMany(keys)
    const missing = new Set(keys.filter((_, position) => !stored[position]))
    if (missing.size === 0) return
    for (const { foreignKey, rowKey, targetKey } of claims) {
      if (!missing.has(targetKey)) continue
      // The row may have been changed or erased since it was written.
      const row = await this.#parts.reader.get(foreignKey.table, rowKey)
      if (row === undefined || foreignKey.targetKeyOf(row) !== targetKey) continue
      throw foreignKey.violation(
        'a row refers to a row that is not stored: add that one in the same flush, or correct the foreign key',
        row,
      )
    }
  }

  async #followErased({ table, before }: Departure): Promise<void> {
    for (const foreignKey of this.#parts.references.to(table)) {
      const { onDelete } = foreignKey
      if (onDelete === 'cascade') await this.#changeReferrers(foreignKey, before, true, () => undefined)
      if (onDelete === 'setNull') {
        await this.#changeReferrers(foreignKey, before, true, (row) => {
          const next = foreignKey.emptied(row)
          stampRow(foreignKey.table.schema, row, next, this.#now)
          return next
        })
      }
    }
  }

  async #followSoftDeleted({ table, before }: Departure): Promise<void> {
    for (const foreignKey of this.#parts.references.to(table)) {
      const { schema } = foreignKey.table
      const { deletedAt } = schema
      if (foreignKey.onDelete !== 'cascade' || deletedAt === undefined) continue
      await this.#changeReferrers(foreignKey, before, false, (row) => softDeletedRow(schema, deletedAt, row, this.#now))
    }
  }

  async #changeReferrers(
    foreignKey: ForeignKey,
    target: Row,
    withDeleted: boolean,
    nextOf: (row: Row) => Row | undefined,
  ): Promise<void> {
    const { table } = foreignKey
    const changes = this.changes.get(table) ?? []
    this.changes.set(table, changes)
    const writes: RowWrite[] = []
    for (const previous of await this.#referrers(foreignKey, target, { withDeleted })) {
      if (this.#waiting?.has(table.keyOfRead(previous))) continue
      const next = nextOf(previous)
      writes.push({ table, previous, next })
      changes.push({ previous, next })
    }
    await this.#parts.writer.write(writes)
  }

  /** The rows that refer to a row, all of them or at least one when there is any. */
  async #referrers(
    foreignKey: ForeignKey,
    target: Row,
    { withDeleted, isOneEnough = false }: { readonly withDeleted: boolean; readonly isOneEnough?: boolean },
  ): Promise<Row[]> {
    const { reader } = this.#parts
    const found: Row[] = []
    const take = async (batch: StoredBatch): Promise<void> => {
      for (const row of await this.#rowsOf(foreignKey, batch)) {
        if (withDeleted || !foreignKey.table.isDeleted(row)) found.push(row)
      }
    }
    const isEnough = (): boolean => isOneEnough && found.length > 0
    for (const range of foreignKey.referrers(target, withDeleted)) {
      const known: GrowingBatch = { keys: [], values: [] }
      if (reader.readKnown(known, [range], knownRowsMax) === 1) await take(known)
      else {
        const scan = reader.scan(range)
        try {
          for (let batch = await scan.next(); batch !== undefined && !isEnough(); batch = await scan.next()) {
            await take(batch)
          }
        } finally {
          await scan.close()
        }
      }
      if (isEnough()) return found
    }
    return found
  }

  async #rowsOf({ table, index }: ForeignKey, batch: StoredBatch): Promise<readonly Row[]> {
    if (index === undefined) return batch.keys.map((key, position) => table.decode(key, batch.values[position]))
    const rows = await this.#parts.reader.getByEntries(table, index, batch)
    return rows.map((row) => {
      if (row !== undefined) return row
      throw new CorruptionError(
        'ROME_CORRUPT',
        'an index entry stands for a row that is not stored: run `rome verify`',
        { context: { model: table.schema.name, index: index.definition.name } },
      )
    })
  }
}
