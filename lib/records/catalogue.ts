import { randomBytes } from 'node:crypto'
import { decodeDocument, encodeDocument } from '../codec/document.js'
import type { Key } from '../codec/key.js'
import { systemKey } from '../codec/space.js'
import { EngineError } from '../errors/rome-error.js'

/** Where the catalogue lies in a store. */
export const catalogueKey: Key = systemKey('catalogue')

/** The version of everything a store's bytes mean; see ARCHITECTURE.md. */
export const formatVersion = 1

/** A column as the store knows it. Its id is its position in stored rows, and is never used again. */
export interface StoredColumn {
  readonly id: number
  readonly kind: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly isNullable: boolean
  /** Ids of an enum's texts. */
  readonly enumIds?: Readonly<Record<string, number>>
  /** For rows stored without the column: its default when it was added, packed and in base64. */
  readonly fill?: string
  /** The model does not name the column. Rows keep its values, in case it is named again; new rows have none. */
  readonly isUnnamed?: true
}

/** An index as the store knows it. Its entries may be used once it is `ready`. */
export interface StoredIndex {
  readonly id: number
  readonly signature: string
  readonly state: 'building' | 'ready'
}

/** An index that a model no longer has, until its entries are erased. The name is for progress only. */
export interface DroppedIndex {
  readonly id: number
  readonly name: string
}

/** A model as the store knows it. */
export interface StoredTable {
  readonly id: number
  /** Grows when the columns that the model names change; each row says under which it was written. */
  readonly schemaVersion: number
  /** Stored names of columns, in the order of the key. */
  readonly primaryKey: readonly string[]
  /** By stored name; those that the model no longer names too. */
  readonly columns: Readonly<Record<string, StoredColumn>>
  readonly nextColumnId: number
  /** By name. */
  readonly indexes: Readonly<Record<string, StoredIndex>>
}

/**
 * What a store knows of the models in it: one document, changed only while the store is being opened.
 *
 * Names are the users' own, `__proto__` and `constructor` among them: look one up that may be missing in a Map.
 */
export interface Catalogue {
  readonly format: number
  /** Signs continuation tokens; hexadecimal. */
  readonly secret: string
  /** Tables and indexes share one sequence of ids. */
  readonly nextId: number
  /** By stored name. */
  readonly tables: Readonly<Record<string, StoredTable>>
  readonly droppedIndexes: readonly DroppedIndex[]
}

/** The catalogue of a store that has none yet. */
export function newCatalogue(): Catalogue {
  return { format: formatVersion, secret: randomBytes(32).toString('hex'), nextId: 1, tables: {}, droppedIndexes: [] }
}

export function encodeCatalogue(catalogue: Catalogue): Uint8Array {
  return encodeDocument(catalogueKey, catalogue)
}

/** @throws EngineError `ROME_STORE_NEWER`, CorruptionError `ROME_CORRUPT`. */
export function decodeCatalogue(bytes: Uint8Array): Catalogue {
  // The checksum proves that this is what `encodeCatalogue` wrote, so only the version needs a look.
  const document = decodeDocument(catalogueKey, bytes) as Catalogue
  if (document.format > formatVersion) {
    throw new EngineError('ROME_STORE_NEWER', 'the store was written by a newer version of Rome: use that version', {
      context: { format: document.format, supported: formatVersion },
    })
  }
  return document
}
