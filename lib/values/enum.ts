import { encodeText, type TupleElement } from '../codec/tuple.js'
import { isWellFormedText } from '../codec/well-formed.js'
import { InternalError, UsageError } from '../errors/rome-error.js'
import { checkStoredText } from './checked-text.js'
import type { ColumnType, EnumIds } from './column-type.js'
import { invalid, notStored, wrongType } from './refusals.js'
import { compareText } from './text-order.js'

/** One of a few texts. It orders by the text; a row stores a numeric id in its place. */
export class EnumType<T extends string = string> implements ColumnType<T> {
  readonly kind = 'enum'
  readonly parameters = Object.freeze({})
  readonly isOrdered = true
  readonly enumTexts: readonly T[]
  readonly #known: ReadonlySet<unknown>

  constructor(texts: readonly T[]) {
    if (texts.length === 0) throw new UsageError('ROME_ARGUMENT', 'An enum needs at least one text.')
    for (const text of texts) {
      if (typeof text !== 'string' || !isWellFormedText(text)) {
        throw new UsageError('ROME_ARGUMENT', 'The texts of an enum must be well-formed strings.', {
          context: { text },
        })
      }
    }
    this.#known = new Set(texts)
    if (this.#known.size !== texts.length) {
      throw new UsageError('ROME_ARGUMENT', 'An enum names a text twice; name each once.', { context: { texts } })
    }
    this.enumTexts = Object.freeze([...texts])
    Object.freeze(this)
  }

  toRow(value: unknown): T {
    if (typeof value !== 'string') throw wrongType('The value must be one of the texts of its enum.', value)
    if (!this.#known.has(value)) {
      throw invalid('The text is not one of its enum; use one of these, or add it to the enum.', value, {
        texts: this.enumTexts,
      })
    }
    return value as T
  }

  fromRow(row: T): T {
    return row
  }

  compare(a: T, b: T): number {
    return compareText(a, b)
  }

  toDisk(row: T, enumIds?: EnumIds): number {
    return idsOf(enumIds).idOf(row)
  }

  // A text that the model no longer names stays readable: the row is older than the model, not wrong.
  fromDisk(disk: unknown, enumIds?: EnumIds): T {
    const text = typeof disk === 'number' ? idsOf(enumIds).textOf(disk) : undefined
    if (text === undefined) throw notStored(this.kind, disk)
    return text as T
  }

  encodeKey(row: T): string {
    return encodeText(row)
  }

  decodeKey(element: TupleElement): T {
    return checkStoredText(this.kind, element) as T
  }
}

function idsOf(enumIds: EnumIds | undefined): EnumIds {
  if (enumIds === undefined) throw new InternalError('ROME_INTERNAL', 'An enum is stored by ids, which were not given.')
  return enumIds
}
