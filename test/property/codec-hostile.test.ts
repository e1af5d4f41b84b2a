import { createSecretKey } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { seal } from '../../lib/codec/checksum.js'
import { decodeDocument, encodeDocument } from '../../lib/codec/document.js'
import { decodeEntry, encodeEntry } from '../../lib/codec/entry.js'
import type { Key } from '../../lib/codec/key.js'
import { decodeRow, encodeRow } from '../../lib/codec/row.js'
import type { PackedValue } from '../../lib/codec/serialiser.js'
import { rowPrefix } from '../../lib/codec/space.js'
import { openToken, sealToken } from '../../lib/codec/token.js'
import * as tuple from '../../lib/codec/tuple.js'
import { CodecError, CorruptionError, QueryError } from '../../lib/errors/rome-error.js'
import { seed } from '../support/seed.js'
import { orderedTypes, texts } from '../support/value-arbitraries.js'

const parameters = { seed, numRuns: 4000 }
const key = rowPrefix(7) + tuple.encodeInteger(42)

const validTuple: fc.Arbitrary<Key> = fc
  .array(
    fc.constantFrom(...orderedTypes).chain(({ type, values }) =>
      fc.tuple(values, fc.boolean()).map(([value, isDescending]) => {
        const element = type.encodeKey(type.toRow(value))
        return isDescending ? tuple.invertElement(element) : element
      }),
    ),
    { maxLength: 4 },
  )
  .map((elements) => elements.join(''))

type Mutation = readonly [kind: 'replace' | 'insert' | 'remove' | 'cut', place: number, byte: number]

const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.tuple(
    fc.constantFrom('replace' as const, 'insert' as const, 'remove' as const, 'cut' as const),
    fc.nat(),
    fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xc1, 0xdc, 0xdd, 0xfe, 0xff)),
  ),
  { minLength: 1, maxLength: 3 },
)

function mutate(bytes: Uint8Array, steps: readonly Mutation[]): Uint8Array {
  const changed = [...bytes]
  for (const [kind, place, byte] of steps) {
    const at = place % (changed.length + 1)
    if (kind === 'replace' && at < changed.length) changed[at] = byte
    else if (kind === 'insert') changed.splice(at, 0, byte)
    else if (kind === 'remove') changed.splice(at, 1)
    else if (kind === 'cut') changed.length = at
  }
  return Uint8Array.from(changed)
}

const hostileTuple: fc.Arbitrary<Key> = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc
    .tuple(validTuple, mutations)
    .map(([valid, steps]) => Buffer.from(mutate(Buffer.from(valid, 'latin1'), steps)).toString('latin1')),
)

/** Encodes an element again by what its tag says it is. */
function encodeAgain(element: tuple.TupleElement, original: Key): Key {
  const first = original.charCodeAt(0)
  const isDescending = first === 0x01 || (first >= 0x80 && first !== 0xfe)
  const encoded = encodeAscending(element, isDescending ? first ^ 0xff : first)
  return isDescending ? tuple.invertElement(encoded) : encoded
}

function encodeAscending(element: tuple.TupleElement, tag: number): Key {
  if (element === null) return tuple.encodeNull()
  if (element instanceof Uint8Array) return tuple.encodeBytes(element)
  if (typeof element === 'boolean') return tuple.encodeBoolean(element)
  if (typeof element === 'bigint') return tuple.encodeInteger(element)
  if (typeof element === 'number') return tag === 0x21 ? tuple.encodeFloat(element) : tuple.encodeInteger(element)
  if (tag === 0x30) return tuple.encodeUuid(element)
  return tag === 0x23 ? tuple.encodeDecimal(element) : tuple.encodeText(element)
}

t.test('a hostile tuple is refused, or is exactly what its elements encode to', async (t) => {
  let accepted = 0
  let refused = 0
  fc.assert(
    fc.property(hostileTuple, (hostile) => {
      let elements: tuple.TupleElement[]
      try {
        elements = tuple.decodeTuple(hostile)
      } catch (error) {
        refused++
        return error instanceof CodecError && error.code === 'ROME_CODEC'
      }
      accepted++
      let offset = 0
      for (const element of elements) {
        const end = tuple.elementEnd(hostile, offset)
        if (encodeAgain(element, hostile.slice(offset)) !== hostile.slice(offset, end)) return false
        offset = end
      }
      return offset === hostile.length
    }),
    parameters,
  )
  t.ok(accepted > 0 && refused > 0, `${accepted} accepted, ${refused} refused`)
})

const packedValues: fc.Arbitrary<PackedValue[]> = fc.array(
  fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    texts,
    fc.uint8Array({ maxLength: 300 }),
    fc.array(fc.oneof(fc.integer(), texts), { maxLength: 20 }),
  ),
  { maxLength: 20 },
)

function isPackedValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPackedValue)
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value === 'string') return value === Buffer.from(value).toString()
  return value === null || value instanceof Uint8Array || typeof value === 'boolean' || typeof value === 'bigint'
}

t.test('changed bytes of a row, an entry or a document are corruption', async () => {
  const document = encodeDocument(key, { tables: [{ id: 1, name: 'images' }] })
  fc.assert(
    fc.property(packedValues, mutations, (values, steps) => {
      const cases: [Uint8Array, (bytes: Uint8Array) => unknown][] = [
        [encodeRow(key, 3, values), (bytes) => decodeRow(key, bytes)],
        [encodeEntry(key, values), (bytes) => decodeEntry(key, bytes)],
        [document, (bytes) => decodeDocument(key, bytes)],
      ]
      return cases.every(([sealed, decode]) => {
        const changed = mutate(sealed, steps)
        if (Buffer.compare(changed, sealed) === 0) return true
        try {
          decode(changed)
          return false
        } catch (error) {
          return error instanceof CorruptionError && error.code === 'ROME_CORRUPT'
        }
      })
    }),
    { seed, numRuns: 1000 },
  )
})

t.test('a hostile payload under a right checksum is refused, or holds storable values only', async (t) => {
  let accepted = 0
  let refused = 0
  const payloads = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.tuple(packedValues, mutations).map(([values, steps]) => mutate(encodeEntry(key, values).subarray(4), steps)),
    // Tokens of msgpack that make deep, long or unusual values.
    fc
      .array(fc.constantFrom(0x90, 0x91, 0x92, 0x80, 0x81, 0xc7, 0xd4, 0xd6, 0x72, 0xca, 0xcf, 0xdd, 0xdf, 0xff, 0x40))
      .map((tokens) => Uint8Array.from([0x9f, ...tokens])),
  )
  fc.assert(
    fc.property(payloads, (payload) => {
      const decoders = [
        () => decodeEntry(key, seal(key, payload)),
        () => decodeRow(key, seal(key, Buffer.concat([Uint8Array.of(1, 0, 0, 0, 1), payload]))).values,
        () => decodeRow(key, seal(key, payload)).values,
      ]
      return decoders.every((decode) => {
        try {
          const values = decode()
          accepted++
          return isPackedValue(values)
        } catch (error) {
          refused++
          return error instanceof CodecError && error.code === 'ROME_CODEC'
        }
      })
    }),
    parameters,
  )
  t.ok(accepted > 0 && refused > 0, `${accepted} accepted, ${refused} refused`)
})

t.test('a changed token is refused', async () => {
  const secret = createSecretKey(Buffer.alloc(32, 9))
  const positions = fc.nat()
  const characters = fc.constantFrom(...'AZaz09-_=+/ .é')
  fc.assert(
    fc.property(packedValues, positions, characters, (values, position, character) => {
      const token = sealToken(secret, 'q', values)
      const at = position % token.length
      const changed = token.slice(0, at) + character + token.slice(at + 1)
      if (changed === token) return true
      try {
        openToken(secret, 'q', changed)
        return false
      } catch (error) {
        return error instanceof QueryError && error.code === 'ROME_PAGE_TOKEN'
      }
    }),
    { seed, numRuns: 1000 },
  )
})
