import type { Key } from '../codec/key.js'
import { prefixBytes } from '../codec/space.js'
import type { CommittedChanges, Write } from '../engines/contract.js'
import type { Row } from './row.js'
import { RowOrigin } from './row-origins.js'
import type { Table } from './table.js'

/** What a commit did with a row. */
export type CommittedKind = 'insert' | 'update' | 'restore' | 'softDelete' | 'erase'

/** A row of a commit. */
export interface CommittedRow {
  readonly table: Table
  readonly key: Key
  readonly kind: CommittedKind
  /** `undefined` when it was erased. */
  readonly row: Row | undefined
}

/** Tables by what the keys of their rows begin with. */
export type TablesByPrefix = ReadonlyMap<Key, Table>

export function byPrefix(tables: Iterable<Table>): TablesByPrefix {
  return new Map(Array.from(tables, (table) => [table.prefix, table]))
}

/** Which writes of a commit, from one on, are rows of some tables. A row that came and went in it is none. */
export function rowsOfCommit(tables: TablesByPrefix, { writes }: CommittedChanges, from: number): number[] {
  const indexes: number[] = []
  for (let index = from; index < writes.length; index++) {
    const { key, value, mark } = writes[index]
    if (!tables.has(key.slice(0, prefixBytes))) continue
    if (value !== undefined || mark !== RowOrigin.absent) indexes.push(index)
  }
  return indexes
}

/** A row of a commit as the models are now. @throws CorruptionError, CodecError. */
export function committedRow(tables: TablesByPrefix, { key, value, mark }: Write): CommittedRow {
  const table = tables.get(key.slice(0, prefixBytes)) as Table
  if (value === undefined) return { table, key, kind: 'erase', row: undefined }
  const row = table.decode(key, value)
  return { table, key, kind: kindOf(table, row, mark), row }
}

function kindOf(table: Table, row: Row, origin: number | undefined): CommittedKind {
  if (origin === RowOrigin.absent) return 'insert'
  const isDeleted = table.isDeleted(row)
  if (isDeleted && origin === RowOrigin.live) return 'softDelete'
  return !isDeleted && origin === RowOrigin.deleted ? 'restore' : 'update'
}
