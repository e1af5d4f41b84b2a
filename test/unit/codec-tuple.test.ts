import t from 'tap'
import * as tuple from '../../lib/codec/tuple.js'
import { CodecError, InternalError } from '../../lib/errors/rome-error.js'

const refused = { constructor: CodecError, code: 'ROME_CODEC' }
const defect = { constructor: InternalError, code: 'ROME_INTERNAL' }

function bytes(hex: string): string {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex').toString('latin1')
}

t.test('a tuple decodes to its elements, in either direction and from an offset', async (t) => {
  const elements = [tuple.encodeText('é\0\x01'), tuple.invertElement(tuple.encodeInteger(-300)), tuple.encodeNull()]
  const key = `\x03\0\x01${elements.join('')}`
  t.strictSame(tuple.decodeTuple(key, 3), ['é\0\x01', -300, null])
  t.strictSame(tuple.decodeTuple(''), [])
  t.strictSame(tuple.decodeTuple(tuple.invertElement(tuple.encodeNull())), [null])
})

t.test('integers are numbers while they are safe, and bigints beyond', async (t) => {
  const integers = [0, 2 ** 53 - 1, 1 - 2 ** 53, 2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]
  t.strictSame(tuple.decodeTuple(integers.map(tuple.encodeInteger).join('')), integers)
  t.equal(tuple.encodeInteger(5n), tuple.encodeInteger(5), 'a small bigint has the key of the number')
  t.equal(tuple.encodeInteger(-0), tuple.encodeInteger(0))
})

t.test('-0 has the key of 0', async (t) => {
  t.equal(tuple.encodeFloat(-0), tuple.encodeFloat(0))
  t.ok(Object.is(tuple.decodeTuple(tuple.encodeFloat(-0))[0], 0))
})

t.test(
  'the element of a text is no prefix of that of a longer text, so a prefix range holds equal values only',
  async (t) => {
    for (const longer of ['a\0', 'a\0b', 'a\x01', 'ab', 'a\uffff']) {
      t.notOk(tuple.encodeText(longer).startsWith(tuple.encodeText('a')), JSON.stringify(longer))
      const descending = tuple.invertElement(tuple.encodeText(longer))
      t.ok(descending < tuple.invertElement(tuple.encodeText('a')), 'descending, the longer one is first')
    }
  },
)

t.test('astral text orders after U+FFFF, unlike with <', async (t) => {
  t.ok('\u{10000}' < '\ue000')
  t.ok(tuple.encodeText('\u{10000}') > tuple.encodeText('\uffff'))
})

t.test('elementEnd finds where an element ends, in either direction', async (t) => {
  const elements = [
    tuple.encodeText('a\0b'),
    tuple.encodeBytes(Uint8Array.of(0, 1, 255)),
    tuple.encodeBoolean(true),
    tuple.encodeInteger(70_000),
    tuple.encodeFloat(-1.5),
    tuple.encodeDecimal('-12.5'),
    tuple.encodeDecimal('0'),
    tuple.encodeUuid('00ff0000-0000-4000-8000-000000000000'),
    tuple.encodeNull(),
  ]
  for (const element of elements) {
    for (const form of [element, tuple.invertElement(element)]) {
      t.equal(tuple.elementEnd(`abc${form}\0\xff`, 3), 3 + form.length)
      for (let length = 0; length < form.length; length++) {
        t.equal(tuple.findElementEnd(form.slice(0, length), 0), -1, 'a cut element has no end')
        t.throws(() => tuple.elementEnd(form.slice(0, length), 0), refused)
      }
    }
  }
  t.throws(() => tuple.elementEnd('\x14', 1), refused, 'nothing begins at the end')
})

const malformed: Readonly<Record<string, string>> = {
  'an unknown tag': '40',
  'an integer with a zero in front': '16 00 05',
  'a negative integer with a needless byte': '12 ff fe',
  'an integer beyond 64 bits': '1c 80 00 00 00 00 00 00 00',
  'a negative integer beyond 64 bits': '0c 7f ff ff ff ff ff ff fe',
  'an integer cut off': '18 01',
  'a text without end': '02 61',
  'a text with a wrong escape': '02 01 03 00',
  'a text that ends in an escape': '02 61 01 00',
  'a text that is not UTF-8': '02 c3 28 00',
  'a text with a surrogate in UTF-8': '02 ed a0 80 00',
  'a text in overlong UTF-8': '02 c0 80 00',
  'a float that is not a number': '21 ff f8 00 00 00 00 00 00',
  'a float that is infinite': '21 ff f0 00 00 00 00 00 00',
  'a float that is -0': '21 7f ff ff ff ff ff ff ff',
  'a decimal of an unknown sign': '23 03 80 00 00 01 02 00',
  'a decimal without digits': '23 02 80 00 00 01 00',
  'a decimal with a zero in front': '23 02 80 00 00 01 01 02 00',
  'a decimal with a zero behind': '23 02 80 00 00 01 02 01 00',
  'a decimal with a digit above nine': '23 02 80 00 00 01 0b 00',
  'a decimal of a thousand and one digits': '23 02 80 00 03 e9 02 00',
  'a decimal of two thousand million digits': '23 02 ff ff ff ff 02 00',
  'a decimal of two thousand million zeros': '23 02 00 00 00 00 02 00',
  'a uuid cut off': '30 00 11 22',
}

for (const [what, hex] of Object.entries(malformed)) {
  t.test(`${what} is refused, ascending and descending`, async (t) => {
    t.throws(() => tuple.decodeTuple(bytes(hex)), refused)
    t.throws(() => tuple.decodeTuple(tuple.invertElement(bytes(hex))), refused)
  })
}

t.test('a decimal of just a thousand digits is decoded', async (t) => {
  const large = `1${'0'.repeat(999)}`
  const small = `0.${'0'.repeat(998)}1`
  t.strictSame(tuple.decodeTuple(tuple.encodeDecimal(large) + tuple.encodeDecimal(small)), [large, small])
})

t.test('what has no key form is a defect of the caller', async (t) => {
  t.throws(() => tuple.encodeText('\ud800'), defect)
  t.throws(() => tuple.encodeInteger(1.5), defect)
  t.throws(() => tuple.encodeInteger(2 ** 53), defect)
  t.throws(() => tuple.encodeInteger(2n ** 63n), defect)
  t.throws(() => tuple.encodeFloat(Number.NaN), defect)
  t.throws(() => tuple.encodeFloat(Number.POSITIVE_INFINITY), defect)
  for (const text of ['', '-0', '1.0', '01', '1.', '.5', '+1', '1e5', ' 1', '1\n']) {
    t.throws(() => tuple.encodeDecimal(text), defect, JSON.stringify(text))
  }
  for (const text of ['', '00FF0000-0000-4000-8000-000000000000', '00ff0000-0000-4000-8000-00000000000g']) {
    t.throws(() => tuple.encodeUuid(text), defect, text)
  }
  t.throws(() => tuple.encodeUuid('00ff000000000-4000-8000-000000000000'), defect, 'a hyphen is missing')
  t.throws(() => tuple.encodeUuid('\u0660'.repeat(36)), defect, 'other digits of Unicode')
})
