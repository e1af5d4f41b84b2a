import type { Key } from '../codec/key.js'
import { ConstraintError } from '../errors/rome-error.js'
import type { Row } from './row.js'
import type { Table } from './table.js'
import type { EntryKey, IndexEntry, TableIndex } from './table-index.js'
import type { Written } from './write-buffer.js'

/** A row that is written: inserted without `previous`, erased without `next`, left alone when they are the same. */
export interface RowWrite {
  readonly table: Table
  readonly previous: Row | undefined
  readonly next: Row | undefined
}

/** A write with all that is put into the buffer. */
export interface PreparedWrite extends RowWrite {
  readonly key: Key
  readonly bytes: Written
  readonly entries: readonly EntryChange[]
}

/** What a row's index entry was and becomes. */
interface EntryChange {
  readonly index: TableIndex
  readonly before: EntryKey | undefined
  readonly after: IndexEntry | undefined
}

/** The writes that take keys which nobody else may have: those of rows, and of entries of unique values. */
type Claims = ReadonlyMap<Key, PreparedWrite>

/** @throws ConstraintError `ROME_CHECK`. */
export function checkRow(table: Table, row: Row): void {
  for (const check of table.checks) {
    if (check.holds(row) === false) {
      throw new ConstraintError('ROME_CHECK', 'the row breaks a rule of its model: change the values it names', {
        context: { model: table.schema.name, check: check.name, key: table.primaryKeyOf(row) },
      })
    }
  }
}

/** The entries of a row that change. */
export function entryChanges(
  table: Table,
  key: Key,
  previous: Row | undefined,
  next: Row | undefined,
): readonly EntryChange[] {
  const changes: EntryChange[] = []
  for (const index of table.indexes) {
    if (previous !== undefined && next !== undefined && index.isUntouched(previous, next)) continue
    const before = previous && index.entryKeyOf(key, previous)
    const after = next && index.entryOf(key, next)
    if (before !== undefined || after !== undefined) changes.push({ index, before, after })
  }
  return changes
}

/**
 * What writes take that none of them gives up, in their order.
 * @throws ConstraintError `ROME_PRIMARY_KEY_EXISTS`, `ROME_UNIQUE` when two of them take the same.
 */
export function claimsOf(writes: readonly PreparedWrite[]): Claims {
  const claims = new Map<Key, PreparedWrite>()
  const given = new Set<Key>()
  const take = (key: Key, write: PreparedWrite): void => {
    const before = claims.size
    claims.set(key, write)
    if (claims.size === before) throw violation(key, write)
  }
  for (const write of writes) {
    const { key, previous, next, entries } = write
    if (next === undefined) given.add(key)
    if (previous === undefined) take(key, write)
    for (const { before, after } of entries) {
      if (before?.key === after?.key) continue
      if (before?.isExclusive) given.add(before.key)
      if (after?.isExclusive) take(after.key, write)
    }
  }
  for (const key of given) claims.delete(key)
  return claims
}

/** @throws ConstraintError `ROME_PRIMARY_KEY_EXISTS`, `ROME_UNIQUE` where a claim is of what somebody has. */
export function refuseTaken(claims: Claims, taken: Key | undefined): void {
  const write = taken === undefined ? undefined : claims.get(taken)
  if (taken !== undefined && write !== undefined) throw violation(taken, write)
}

/** Why a row is not inserted. */
export function primaryKeyExists(table: Table, row: Row): ConstraintError {
  return new ConstraintError(
    'ROME_PRIMARY_KEY_EXISTS',
    'a row with this primary key is stored already: read and change it',
    { context: { model: table.schema.name, key: table.primaryKeyOf(row) } },
  )
}

function violation(key: Key, { table, next, entries }: PreparedWrite): ConstraintError {
  const row = next as Row
  const index = entries.find(({ after }) => after?.key === key)?.index
  if (index === undefined) return primaryKeyExists(table, row)
  const columns = index.definition.columns.map(({ column }) => column)
  return new ConstraintError('ROME_UNIQUE', 'another row has these values already: they must be unique', {
    context: {
      model: table.schema.name,
      index: index.definition.name,
      columns: columns.map(({ name }) => name),
      values: columns.map(({ position }) => row[position]),
    },
  })
}
