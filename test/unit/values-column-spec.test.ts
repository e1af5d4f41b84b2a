import t from 'tap'
import { UsageError, ValidationError } from '../../lib/errors/rome-error.js'
import type { ColumnSpec } from '../../lib/values/column-spec.js'
import type { JsonValue } from '../../lib/values/column-type.js'
import { t as types } from '../../lib/values/t.js'
import type { Timestamp } from '../../lib/values/timestamp.js'

/** Compiles only when `Actual` is exactly `Expected`. */
function isExactly<Expected, Actual>(_proof: Same<Expected, Actual>): void {}
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type PropertyOf<Spec> = Spec extends ColumnSpec<infer T> ? T : never

function messages<T>(spec: ColumnSpec<T>, value: T): readonly (string | undefined)[] {
  return spec.validators.map((validator) => validator(value as never))
}

t.test('each column type has the type of its property', async (t) => {
  const spec = {
    string: types.string(),
    integer: types.integer().nullable(),
    bigint: types.bigint().default(0n),
    datetime: types.datetime(),
    millisecond: types.datetime({ precision: 3 }),
    timestamp: types.datetime({ precision: 6 }),
    date: types.date(),
    bytes: types.bytes(),
    enum: types.enum('a', 'b').nullable(),
    json: types.json(),
    typedJson: types.json<{ tags: string[] }>(),
  }
  isExactly<string, PropertyOf<typeof spec.string>>(true)
  isExactly<number | null, PropertyOf<typeof spec.integer>>(true)
  isExactly<bigint, PropertyOf<typeof spec.bigint>>(true)
  isExactly<Date, PropertyOf<typeof spec.datetime>>(true)
  isExactly<Date, PropertyOf<typeof spec.millisecond>>(true)
  isExactly<Timestamp, PropertyOf<typeof spec.timestamp>>(true)
  isExactly<string, PropertyOf<typeof spec.date>>(true)
  isExactly<Uint8Array, PropertyOf<typeof spec.bytes>>(true)
  isExactly<'a' | 'b' | null, PropertyOf<typeof spec.enum>>(true)
  isExactly<JsonValue, PropertyOf<typeof spec.json>>(true)
  isExactly<{ tags: string[] }, PropertyOf<typeof spec.typedJson>>(true)
  // A column of a narrower or a wider type is another column: a property must have exactly its type.
  isExactly<false, ColumnSpec<'a'> extends ColumnSpec<string> ? true : false>(true)
  isExactly<false, ColumnSpec<string> extends ColumnSpec<string | null> ? true : false>(true)
  t.equal(spec.timestamp.type.kind, 'timestamp')
})

t.test('a column is frozen, and every method gives a new one', async (t) => {
  const plain = types.integer()
  const nullable = plain.nullable()
  const withDefault = nullable.default(5)
  const validated = withDefault.validate((value) => value !== 7)
  t.ok([plain, nullable, withDefault, validated].every((spec) => Object.isFrozen(spec)))
  t.notOk(plain.isNullable)
  t.ok(nullable.isNullable)
  t.equal(nullable.makeDefault, undefined)
  t.equal(withDefault.makeDefault?.(), 5)
  t.equal(withDefault.validators.length, 0)
  t.ok(validated.isNullable && validated.makeDefault?.() === 5 && validated.validators.length === 1)
  t.ok(Object.isFrozen(validated.validators))
  t.throws(() => Object.assign(plain, { isNullable: true }), TypeError)
})

t.test('a default is checked at once', async (t) => {
  const spec = types.integer({ max: 3 })
  t.throws(() => spec.default(4), { constructor: ValidationError, code: 'ROME_VALUE_RANGE' })
  t.throws(() => spec.default('1' as unknown as number), { constructor: ValidationError, code: 'ROME_VALUE_TYPE' })
  t.throws(() => spec.default(null as unknown as number), { constructor: ValidationError, code: 'ROME_VALUE_TYPE' })
  t.throws(() => spec.default(undefined as unknown as number), { constructor: UsageError, code: 'ROME_UNDEFINED' })
  t.equal(spec.nullable().default(null).makeDefault?.(), null)
})

t.test('a mutable default is copied for each use', async (t) => {
  const tags = ['a']
  const spec = types.json<string[]>().default(tags)
  tags.push('b')
  const first = spec.makeDefault?.() as string[]
  first.push('c')
  t.strictSame(spec.makeDefault?.(), ['a'])
  const date = types.datetime().default(new Date(5))
  t.not(date.makeDefault?.(), date.makeDefault?.())
})

t.test('a default function is called for each use', async (t) => {
  let calls = 0
  const spec = types.integer().default(() => ++calls)
  t.equal(calls, 0)
  t.strictSame([spec.makeDefault?.(), spec.makeDefault?.()], [1, 2])
})

t.test('a validator refuses by false or by a message', async (t) => {
  const spec = types
    .string()
    .validate((text) => text !== 'a', 'not a')
    .validate((text) => (text === 'b' ? 'not b' : undefined))
    .validate((text) => text !== 'c')
  t.strictSame(messages(spec, 'x'), [undefined, undefined, undefined])
  t.strictSame(messages(spec, 'a'), ['not a', undefined, undefined])
  t.strictSame(messages(spec, 'b'), [undefined, 'not b', undefined])
  t.type(messages(spec, 'c')[2], 'string')
})

t.test('a validator is asked about null only when it was added after nullable', async (t) => {
  const never = () => false
  t.strictSame(messages(types.string().validate(never, 'no').nullable(), null), [undefined])
  t.strictSame(messages(types.string().nullable().validate(never, 'no'), null), ['no'])
})

t.test('a validator that answers something else is misuse', async (t) => {
  const usage = { constructor: UsageError, code: 'ROME_ARGUMENT' }
  t.throws(() => types.string().validate('x' as unknown as () => true), usage)
  const asynchronous = (async () => true) as unknown as () => boolean
  t.throws(() => messages(types.string().validate(asynchronous), 'x'), usage)
})
