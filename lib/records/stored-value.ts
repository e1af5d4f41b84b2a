import type { Key } from '../codec/key.js'
import type { Batch, Version } from '../engines/contract.js'
import type { Row } from './row.js'

/** A row in memory. Its bytes are decoded by whoever first needs them. */
export class RowCell {
  /** The row, or its sealed bytes as long as nobody has needed it. */
  content: Row | Uint8Array
  /** The size of the sealed bytes. */
  readonly length: number

  constructor(bytes: Uint8Array) {
    this.content = bytes
    this.length = bytes.length
  }
}

/**
 * A place for a row in memory, as it is since a commit; tables and indexes share it. The row leaves it at the next
 * commit that changes it, or when its memory is needed. Whoever has taken it out keeps it.
 */
export class RowSlot {
  cell: RowCell | undefined
  /** The first version that it is known to be right for. */
  readonly from: Version
  /** Set by whoever reads it, cleared by whoever looks for what may go. */
  isUsed = true
  /** Whether a complete leaf of the resident tree has it: it then goes with the leaf. */
  isInLeaf = false

  constructor(cell: RowCell, from: Version) {
    this.cell = cell
    this.from = from
  }

  /** The row at a version, if it is there and was not another one then. */
  at(version: Version): RowCell | undefined {
    return this.from <= version ? this.cell : undefined
  }
}

/** An index entry in memory, with what was found out about it. */
export class EntryCell {
  /**
   * The sealed bytes as long as nobody has needed what they say. Then the row that it tells, where its index includes
   * columns; else what it says besides its key.
   */
  content: Row | readonly unknown[] | Uint8Array
  /** The size of the sealed bytes. */
  readonly length: number
  /** The key of the row that it is of. */
  rowKey: Key | undefined = undefined
  /** Where that row was in memory when it was last looked for. */
  row: RowSlot | undefined = undefined

  constructor(bytes: Uint8Array) {
    this.content = bytes
    this.length = bytes.length
  }
}

/** What is stored under a key: bytes, or what memory holds in their place. */
export type StoredValue = Uint8Array | RowCell | EntryCell

/** Keys and values of one batch, side by side. */
export interface StoredBatch extends Batch<StoredValue> {}

/** A batch that is being put together. */
export interface GrowingBatch extends StoredBatch {
  readonly keys: Key[]
  readonly values: StoredValue[]
}
