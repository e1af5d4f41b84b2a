import fc from 'fast-check'
import t from 'tap'
import { decodeTuple, encodeNull, invertElement } from '../../lib/codec/tuple.js'
import type { ColumnType, RowValue } from '../../lib/values/column-type.js'
import { compareRowValues, rowValuesEqual } from '../../lib/values/compare.js'
import { seed } from '../support/seed.js'
import { orderedTypes } from '../support/value-arbitraries.js'

type Present = Exclude<RowValue, null>

const parameters = { seed, numRuns: 1500 }

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function pairs(values: fc.Arbitrary<unknown>): fc.Arbitrary<[unknown, unknown]> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.tuple(values, values) },
    { weight: 1, arbitrary: values.map((value): [unknown, unknown] => [value, value]) },
  )
}

for (const { name, type, values } of orderedTypes) {
  t.test(
    `keys of ${name} order as its values do, ascending and descending, and none is a prefix of another`,
    async () => {
      fc.assert(
        fc.property(pairs(values), ([first, second]) => {
          const a = type.toRow(first)
          const b = type.toRow(second)
          const order = Math.sign(type.compare(a, b))
          const keyA = type.encodeKey(a)
          const keyB = type.encodeKey(b)
          const isEqual = order === 0
          return (
            byBytes(keyA, keyB) === order &&
            byBytes(invertElement(keyA), invertElement(keyB)) === 0 - order &&
            Math.sign(type.compare(b, a)) === 0 - order &&
            rowValuesEqual(type, a, b) === isEqual &&
            keyA.startsWith(keyB) === isEqual &&
            invertElement(keyA).startsWith(invertElement(keyB)) === isEqual &&
            Math.sign(compareRowValues(type, a, b)) === order
          )
        }),
        parameters,
      )
    },
  )

  t.test(`null orders after every ${name}, and before it descending`, async () => {
    fc.assert(
      fc.property(values, (value) => {
        const row = type.toRow(value)
        const key = type.encodeKey(row)
        return (
          key < encodeNull() &&
          invertElement(encodeNull()) < invertElement(key) &&
          compareRowValues(type, row, null) < 0 &&
          compareRowValues(type, null, row) > 0 &&
          !rowValuesEqual(type, row, null)
        )
      }),
      parameters,
    )
  })

  t.test(`keys of ${name} decode to the value again, ascending and descending`, async () => {
    fc.assert(
      fc.property(values, (value) => {
        const row = type.toRow(value)
        const key = type.encodeKey(row)
        const elements = decodeTuple(key + invertElement(key))
        return (
          elements.length === 2 &&
          elements.every((element) => rowValuesEqual(type, type.decodeKey(element ?? null), row)) &&
          elements.every((element) => typeof type.decodeKey(element) === typeof row)
        )
      }),
      parameters,
    )
  })
}

interface Column {
  readonly type: ColumnType
  readonly isDescending: boolean
}

interface TwoRows {
  readonly columns: readonly Column[]
  readonly a: readonly (Present | null)[]
  readonly b: readonly (Present | null)[]
}

const twoRows: fc.Arbitrary<TwoRows> = fc
  .array(fc.tuple(fc.constantFrom(...orderedTypes), fc.boolean()), { minLength: 1, maxLength: 4 })
  .chain((chosen) => {
    const row = fc.tuple(
      ...chosen.map(([{ type, values }]) =>
        fc.option(
          values.map((value) => type.toRow(value)),
          { freq: 4 },
        ),
      ),
    )
    // The second row begins as the first one does, so that later columns decide too.
    return fc.tuple(row, row, fc.nat(chosen.length)).map(([a, other, shared]) => ({
      columns: chosen.map(([{ type }, isDescending]) => ({ type, isDescending })),
      a,
      b: other.map((value, index) => (index < shared ? (a[index] ?? null) : value)),
    }))
  })

function encodeTuple(columns: readonly Column[], row: readonly (Present | null)[]): string {
  return columns
    .map(({ type, isDescending }, index) => {
      const value = row[index] ?? null
      const element = value === null ? encodeNull() : type.encodeKey(value)
      return isDescending ? invertElement(element) : element
    })
    .join('')
}

function compareTuples({ columns, a, b }: TwoRows): number {
  for (const [index, { type, isDescending }] of columns.entries()) {
    const order = compareRowValues(type, a[index] ?? null, b[index] ?? null)
    if (order !== 0) return isDescending ? -Math.sign(order) : Math.sign(order)
  }
  return 0
}

t.test('tuples of several columns, directions and nulls order as their values do, and decode again', async () => {
  fc.assert(
    fc.property(twoRows, (rows) => {
      const keyA = encodeTuple(rows.columns, rows.a)
      const keyB = encodeTuple(rows.columns, rows.b)
      const order = compareTuples(rows)
      const decoded = decodeTuple(keyA)
      return (
        byBytes(keyA, keyB) === order &&
        keyA.startsWith(keyB) === (order === 0) &&
        decoded.length === rows.columns.length &&
        rows.columns.every(({ type }, index) => {
          const element = decoded[index] ?? null
          const value = element === null ? null : type.decodeKey(element)
          return rowValuesEqual(type, value, rows.a[index] ?? null)
        })
      )
    }),
    { seed, numRuns: 3000 },
  )
})
