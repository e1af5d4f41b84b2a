import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { storedLimits } from '../../lib/codec/limits.js'
import { packValues, unpackValues } from '../../lib/codec/serialiser.js'
import { CodecError, UsageError, ValidationError } from '../../lib/errors/rome-error.js'
import { rowValuesEqual } from '../../lib/values/compare.js'
import { seed } from '../support/seed.js'
import { allTypes, enumIds } from '../support/value-arbitraries.js'

const parameters = { seed, numRuns: 1000 }

const anything = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withSparseArray: true, withMap: true }),
  fc.constantFrom(-0, Number.NaN, '\ud800', 2n ** 63n, new Date(Number.NaN), new Uint8Array(16), '1e5', '2024-02-30'),
)

/** The result of a call, or `undefined` when it threw one of the errors that it may throw. */
function resultOf<T>(call: () => T, ...allowed: (new (...parts: never[]) => Error)[]): T | undefined {
  try {
    return call()
  } catch (error) {
    if (allowed.some((errorClass) => error instanceof errorClass)) return undefined
    throw error
  }
}

for (const { name, type, values } of allTypes) {
  t.test(`a ${name} is the same after being stored, and after being given out and taken back`, async () => {
    fc.assert(
      fc.property(values, (value) => {
        const row = type.toRow(value)
        const [disk] = unpackValues(packValues([type.toDisk(row, enumIds)]), storedLimits)
        return (
          rowValuesEqual(type, type.fromDisk(disk, enumIds), row) &&
          rowValuesEqual(type, type.toRow(type.fromRow(row)), row)
        )
      }),
      parameters,
    )
  })

  t.test(`${name} takes or refuses any value whatever, and what it takes has a stored form`, async () => {
    fc.assert(
      fc.property(anything, (value) => {
        const row = resultOf(() => type.toRow(value), ValidationError, UsageError)
        if (row === undefined) return true
        const [disk] = unpackValues(packValues([type.toDisk(row, enumIds)]), storedLimits)
        return rowValuesEqual(type, type.fromDisk(disk, enumIds), row)
      }),
      parameters,
    )
  })

  t.test(`${name} reads back only what it could have stored`, async () => {
    fc.assert(
      fc.property(anything, (value) => {
        const row = resultOf(() => type.fromDisk(value, enumIds), CodecError)
        if (row === undefined) return true
        const disk = type.toDisk(row, enumIds)
        // JSON texts may differ in blanks, and bytes come from any view of them.
        if (name === 'json') return type.compare(type.fromDisk(disk), row) === 0
        if (value instanceof Uint8Array) return Buffer.compare(disk as Uint8Array, value) === 0
        return isDeepStrictEqual(disk, value)
      }),
      parameters,
    )
  })
}
