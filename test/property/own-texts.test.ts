import fc from 'fast-check'
import t from 'tap'
import { ownTexts } from '../../lib/records/own-texts.js'
import { seed } from '../support/seed.js'

t.test('texts of a place of their own say what they said, and other values stay what they are', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 50 }),
    // Around what is too long to be copied, of one to three bytes for a unit.
    fc
      .tuple(fc.constantFrom('a', 'é', '€', '𝄞'), fc.integer({ min: 300, max: 5000 }))
      .map(([unit, length]) => unit.repeat(length)),
  )
  const part = fc.tuple(text, fc.nat({ max: 20 }), fc.nat({ max: 60 })).map(([whole, start, length]) => {
    return Buffer.from(whole.slice(start, start + length)).toString()
  })
  const value = fc.oneof(text, part, fc.constant(null), fc.integer(), fc.boolean(), fc.bigInt())
  fc.assert(
    fc.property(fc.array(value, { maxLength: 8 }), (values) => {
      const row = [...values]
      ownTexts(row)
      return row.length === values.length && row.every((item, at) => item === values[at])
    }),
    { seed, numRuns: 3000 },
  )
})
