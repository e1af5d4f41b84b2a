import fc from 'fast-check'
import t from 'tap'
import { QueryError } from '../../lib/errors/rome-error.js'
import { caseWhen } from '../../lib/expressions/case.js'
import { cast } from '../../lib/expressions/cast.js'
import { Column } from '../../lib/expressions/column.js'
import { coalesce, nullIf } from '../../lib/expressions/conditional.js'
import { type Access, compileValue } from '../../lib/expressions/evaluate.js'
import type { Expression, Predicate } from '../../lib/expressions/expression.js'
import { fingerprintOf } from '../../lib/expressions/fingerprint.js'
import { jsonContains } from '../../lib/expressions/json-functions.js'
import { abs, round } from '../../lib/expressions/number-functions.js'
import { concat, length, lower, substring, trim, upper } from '../../lib/expressions/text-functions.js'
import { typeOf } from '../../lib/expressions/type-of.js'
import { rewrite } from '../../lib/query/plan/rewrite.js'
import { isSameExpression } from '../../lib/query/plan/same-expression.js'
import type { ColumnSpec } from '../../lib/values/column-spec.js'
import type { ColumnKind, JsonValue, RowValue } from '../../lib/values/column-type.js'
import { t as types } from '../../lib/values/t.js'
import { seed } from '../support/seed.js'
import { allTypes } from '../support/value-arbitraries.js'

type Row = readonly RowValue[]

/** An expression, with what it means: a plain function of the row, made beside it and not from its tree. */
interface Meaning<T> {
  readonly expression: Expression<T | null>
  readonly of: (row: Row) => T | null
}

const source = Object.freeze({ name: 'things' })
const access: Access<Row> = (node) => {
  const position = node.kind === 'column' ? node.column.position : 0
  return (row) => row[position] ?? null
}

function columnOf<T>({ type }: { readonly type: ColumnSpec<T>['type'] }, position: number): Column<T | null> {
  return new Column<T | null>(source, { name: `c${position}`, type, isNullable: true, position })
}

function column<T extends RowValue>(spec: ColumnSpec<T>, position: number): Meaning<T> {
  return { expression: columnOf(spec, position), of: (row) => (row[position] ?? null) as T | null }
}

/** What is left of the row's order of evaluation: from left to right, and no further than to the first null. */
function strict<A, B, T>(a: Meaning<A>, b: Meaning<B>, apply: (a: A, b: B) => T | null): (row: Row) => T | null {
  return (row) => {
    const left = a.of(row)
    if (left === null) return null
    const right = b.of(row)
    return right === null ? null : apply(left, right)
  }
}

function strictOne<A, T>(a: Meaning<A>, apply: (a: A) => T): (row: Row) => T | null {
  return (row) => {
    const value = a.of(row)
    return value === null ? null : apply(value)
  }
}

class Refused extends Error {}

function exactly(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < -BigInt(Number.MAX_SAFE_INTEGER)) throw new Refused()
  return Number(value)
}

// Few values, so that they meet, and some that overflow.
const anInteger = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(2 ** 52, -(2 ** 53) + 1))
const aText = fc.constantFrom('', 'a', 'Ab ', '  b', '\u{1f600}c', 'ÀÉ', 'ß')

const { integer: anIntegerExpression, text: aTextExpression } = fc.letrec<{
  integer: Meaning<number>
  text: Meaning<string>
  test: Meaning<boolean>
}>((tie) => ({
  integer: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(column(types.integer(), 0), column(types.integer(), 1)),
    fc.tuple(tie('integer'), tie('integer'), fc.constantFrom('plus', 'minus', 'times')).map(([a, b, name]) => ({
      expression: a.expression[name](b.expression),
      of: strict(a, b, (x, y) => {
        const [left, right] = [BigInt(x), BigInt(y)]
        return exactly({ plus: left + right, minus: left - right, times: left * right }[name])
      }),
    })),
    fc.tuple(tie('integer'), anInteger).map(([a, b]) => ({
      expression: a.expression.modulo(b),
      of: strictOne(a, (x) => (b === 0 ? null : exactly(BigInt(x) % BigInt(b)))),
    })),
    tie('integer').map((a) => ({
      expression: a.expression.negated(),
      of: strictOne(a, (x) => exactly(-BigInt(x))),
    })),
    tie('integer').map((a) => ({
      expression: abs(a.expression),
      of: strictOne(a, (x) => (x < 0 ? 0 - x : x)),
    })),
    tie('text').map((a) => ({
      expression: length(a.expression),
      of: strictOne(a, (x) => Array.from(x).length),
    })),
    fc.tuple(tie('integer'), tie('integer')).map(([a, b]) => ({
      expression: coalesce(a.expression, b.expression),
      of: (row: Row) => a.of(row) ?? b.of(row),
    })),
    fc.tuple(tie('integer'), anInteger).map(([a, b]) => ({
      expression: nullIf(a.expression, b),
      of: strictOne(a, (x) => (x === b ? null : x)),
    })),
    fc.tuple(tie('test'), tie('integer'), tie('test'), tie('integer'), tie('integer')).map(([p, a, q, b, c]) => ({
      expression: caseWhen(p.expression as Predicate, a.expression)
        .when(q.expression, b.expression)
        .otherwise(c.expression),
      of: (row: Row) => (p.of(row) === true ? a.of(row) : q.of(row) === true ? b.of(row) : c.of(row)),
    })),
    tie('text').map((a) => ({
      expression: cast(a.expression, types.integer()),
      // No text here says a number but by a cast from one.
      of: strictOne(a, (x) => (/^-?[0-9]+$/.test(x) && Number.isSafeInteger(Number(x)) ? Number(x) : null)),
    })),
  ),
  text: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(column(types.string(), 2), column(types.text(), 3)),
    fc.tuple(tie('text'), tie('text'), aText).map(([a, b, literal]) => ({
      expression: concat(a.expression, literal, b.expression),
      of: strict(a, b, (x, y) => x + literal + y),
    })),
    tie('text').map((a) => ({ expression: lower(a.expression), of: strictOne(a, (x) => x.toLowerCase()) })),
    tie('text').map((a) => ({ expression: upper(a.expression), of: strictOne(a, (x) => x.toUpperCase()) })),
    tie('text').map((a) => ({ expression: trim(a.expression), of: strictOne(a, (x) => x.replace(/^ +| +$/g, '')) })),
    fc.tuple(tie('text'), tie('integer'), fc.integer({ min: -1, max: 3 })).map(([a, from, count]) => ({
      expression: substring(a.expression, from.expression, count),
      of: strict(a, from, (x, first) =>
        Array.from(x)
          .filter((_, index) => index + 1 >= first && index + 1 < first + count)
          .join(''),
      ),
    })),
    tie('integer').map((a) => ({ expression: cast(a.expression, types.text()), of: strictOne(a, String) })),
    fc.tuple(tie('text'), aText).map(([a, b]) => ({
      expression: coalesce(a.expression, b),
      of: (row: Row) => a.of(row) ?? b,
    })),
    fc.tuple(tie('test'), aText, tie('text')).map(([p, a, b]) => ({
      expression: caseWhen(p.expression, a).when(p.expression.isNull(), b.expression),
      of: (row: Row) => {
        const chosen = p.of(row)
        return chosen === true ? a : chosen === null ? b.of(row) : null
      },
    })),
  ),
  test: fc.oneof(
    fc.tuple(tie('integer'), tie('integer')).map(([a, b]) => ({
      expression: a.expression.lt(b.expression),
      of: strict(a, b, (x, y) => x < y),
    })),
    fc.tuple(tie('text'), aText).map(([a, b]) => ({
      expression: a.expression.eq(b),
      of: strictOne(a, (x) => x === b),
    })),
    tie('integer').map((a) => ({
      expression: a.expression.gt(0).isFalse(),
      of: (row: Row) => {
        const value = a.of(row)
        return value !== null && value <= 0
      },
    })),
  ),
}))

const aRow = fc.tuple(fc.option(anInteger), fc.option(anInteger), fc.option(aText), fc.option(aText))

/** A value, or that there is none. */
function outcomeOf(read: () => RowValue): RowValue | 'refused' {
  try {
    return read()
  } catch (error) {
    if (error instanceof Refused || (error instanceof QueryError && error.code === 'ROME_QUERY_INVALID'))
      return 'refused'
    throw error
  }
}

function check<T extends RowValue>({ expression: { node }, of }: Meaning<T>, rows: readonly Row[]): void {
  const read = compileValue(node, access)
  const readCopy = compileValue(
    rewrite(node, () => undefined),
    access,
  )
  for (const row of rows) {
    const expected = outcomeOf(() => of(row))
    for (const result of [outcomeOf(() => read(row)), outcomeOf(() => readCopy(row))]) {
      if (!Object.is(result, expected)) throw new Error(`${result} instead of ${expected} for ${JSON.stringify(row)}`)
    }
  }
}

const rows = fc.array(aRow, { minLength: 1, maxLength: 10 })

t.test('compiled functions agree with a plain reading of what they mean', async (t) => {
  const integers = fc.property(anIntegerExpression, rows, check)
  const texts = fc.property(aTextExpression, rows, check)
  t.doesNotThrow(() => fc.assert(integers, { seed, numRuns: 3000 }))
  t.doesNotThrow(() => fc.assert(texts, { seed, numRuns: 3000 }))
})

t.test('two expressions are the same exactly when their fingerprints are', async (t) => {
  const anExpression = fc.oneof(anIntegerExpression, aTextExpression)
  const property = fc.property(anExpression, anExpression, ({ expression: a }, { expression: b }) => {
    const copy = rewrite(a.node, () => undefined)
    if (!isSameExpression(a.node, copy)) throw new Error('a copy is another expression')
    if (fingerprintOf(a.node) !== fingerprintOf(copy)) throw new Error('a copy has another fingerprint')
    const isSame = isSameExpression(a.node, b.node)
    if (isSame !== (fingerprintOf(a.node) === fingerprintOf(b.node))) throw new Error(`same: ${isSame}`)
  })
  t.doesNotThrow(() => fc.assert(property, { seed, numRuns: 3000 }))
})

/** An exact fraction, which decimals are. */
type Fraction = readonly [over: bigint, under: bigint]

function fractionOf(decimal: string): Fraction {
  const [whole = '', fraction = ''] = decimal.split('.')
  return [BigInt(whole + fraction), 10n ** BigInt(fraction.length)]
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value
}

/** The decimal with `digits` after the point that is nearest, the farther from zero of two. */
function nearest([over, under]: Fraction, digits: number): string {
  const sign = over < 0n === under < 0n ? '' : '-'
  const scaled = magnitude(over) * 10n ** BigInt(digits)
  const below = scaled / magnitude(under)
  const isUp = 2n * (scaled - below * magnitude(under)) >= magnitude(under)
  const text = String(isUp ? below + 1n : below).padStart(digits + 1, '0')
  const point = text.length - digits
  return types.decimal().type.toRow(`${sign}${text.slice(0, point)}.${text.slice(point)}`) as string
}

const aDecimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.nat({ max: 30 }))
  .map(([units, digits]) => nearest([units, 10n ** BigInt(digits)], digits))

t.test('calculations with decimals are those of fractions', async (t) => {
  const [a, b] = [columnOf<string>(types.decimal(), 0), columnOf<string>(types.decimal(), 1)]
  const read = ({ node }: Expression<unknown>) => compileValue(node, access)
  const [sum, difference, product] = [read(a.plus(b)), read(a.minus(b)), read(a.times(b))]
  const [quotient, remainder, rounded] = [read(a.dividedBy(b)), read(a.modulo(b)), read(round(a, 3))]
  const property = fc.property(aDecimal, aDecimal, (x, y) => {
    const [[over, under], [otherOver, otherUnder]] = [fractionOf(x), fractionOf(y)]
    const whole = (over * otherUnder) / (otherOver === 0n ? 1n : under * otherOver)
    const scale = Math.max(20, (x.split('.')[1] ?? '').length)
    const isZero = otherOver === 0n
    const expected = [
      nearest([over * otherUnder + otherOver * under, under * otherUnder], 60),
      nearest([over * otherUnder - otherOver * under, under * otherUnder], 60),
      nearest([over * otherOver, under * otherUnder], 60),
      isZero ? null : nearest([over * otherUnder, under * otherOver], scale),
      isZero ? null : nearest([over * otherUnder - whole * otherOver * under, under * otherUnder], 60),
      nearest([over, under], 3),
    ]
    const results = [sum, difference, product, quotient, remainder, rounded].map((of) => of([x, y]))
    for (const [index, result] of results.entries()) {
      if (result !== expected[index]) throw new Error(`${index}: ${result} instead of ${expected[index]} of ${x}, ${y}`)
    }
  })
  t.doesNotThrow(() => fc.assert(property, { seed, numRuns: 3000 }))
})

t.test('a float rounded to as many digits as it has is itself', async (t) => {
  const column = columnOf<number>(types.float(), 0)
  const read = compileValue(round(column, 100).node, access)
  const property = fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e80, max: 1e80 }), (value) => {
    if (Math.abs(value) < 1e-80) return
    if (read([value]) !== value) throw new Error(`${value} became ${read([value])}`)
  })
  t.doesNotThrow(() => fc.assert(property, { seed, numRuns: 3000 }))
})

t.test('what is cast to text is cast back to what it was', async (t) => {
  const isThere = new Set<ColumnKind>(['json', 'bytes', 'enum'])
  const casts = allTypes.filter(({ type }) => !isThere.has(type.kind))
  for (const { name, type, values } of casts) {
    const spec = specs[type.kind]
    if (spec === undefined) throw new Error(`no spec of ${name}`)
    const read = compileValue(cast(cast(columnOf({ type }, 0), types.text()), spec as ColumnSpec<unknown>).node, access)
    const property = fc.property(values, (value) => {
      const row = type.toRow(value)
      if (read([row]) !== row) throw new Error(`${String(row)} became ${String(read([row]))}`)
    })
    t.doesNotThrow(() => fc.assert(property, { seed, numRuns: 500 }), name)
  }
})

t.test('a cast of any text gives null or a value that the type takes', async (t) => {
  const aWord = fc.oneof(
    fc.string({ unit: fc.constantFrom('0', '1', '9', '-', '+', '.', 'e', ' ', 'T', ':', 'Z'), maxLength: 12 }),
    ...allTypes.map(({ values }) => values.map(wordOf)),
  )
  for (const [kind, spec] of Object.entries(specs)) {
    const node = cast(columnOf<string>(types.text(), 0), spec as ColumnSpec<unknown>).node
    const read = compileValue(node, access)
    const type = typeOf(node)
    const property = fc.property(aWord, (word) => {
      const value = read([word])
      if (value === null) return
      const same = type.toRow(type.fromRow(value))
      if (!Object.is(same, value)) throw new Error(`${word} became ${String(value)}, which is ${String(same)}`)
    })
    t.doesNotThrow(() => fc.assert(property, { seed, numRuns: 1000 }), kind)
  }
})

/** JSON values may have members of any name, such as `toString`. */
function wordOf(value: unknown): string {
  const isPlain = typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value))
  return isPlain ? JSON.stringify(value) : String(value)
}

const specs: Readonly<Partial<Record<ColumnKind, { readonly type: ColumnSpec<unknown>['type'] }>>> = {
  string: types.string(),
  text: types.text(),
  integer: types.integer(),
  bigint: types.bigint(),
  float: types.float(),
  decimal: types.decimal(),
  boolean: types.boolean(),
  datetime: types.datetime(),
  timestamp: types.datetime({ precision: 6 }),
  date: types.date(),
  uuid: types.uuid(),
}

type Json = Exclude<JsonValue, null>

/** A JSON value, and a part of it: with members and elements left out, elements turned round, or one of its scalars. */
const { value: aJsonPair } = fc.letrec<{ value: readonly [JsonValue, JsonValue] }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<JsonValue>(null, true, 0, 1, 'a', 'b').map((value) => [value, value] as const),
    fc.array(fc.tuple(tie('value'), fc.boolean()), { maxLength: 3 }).map((items) => {
      const kept = items.filter(([, isKept]) => isKept).map(([[, part]]) => part)
      return [items.map(([[whole]]) => whole), kept.reverse()] as const
    }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.tuple(tie('value'), fc.boolean())).map((members) => {
      const entries = Object.entries(members)
      const kept = entries.filter(([, [, isKept]]) => isKept)
      return [
        Object.fromEntries(entries.map(([key, [[whole]]]) => [key, whole])),
        Object.fromEntries(kept.map(([key, [[, part]]]) => [key, part])),
      ] as const
    }),
  ),
}))

/** Containment by the book, over plain values. */
function contains(whole: JsonValue, part: JsonValue, isTop: boolean): boolean {
  if (Array.isArray(whole)) {
    if (Array.isArray(part)) return part.every((wanted) => whole.some((item) => contains(item, wanted, false)))
    return isTop && typeof part !== 'object' && whole.includes(part)
  }
  if (typeof whole === 'object' && whole !== null) {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return false
    const members: Readonly<Record<string, JsonValue>> = whole as Readonly<Record<string, JsonValue>>
    return Object.entries(part).every(([key, wanted]) => {
      const member = members[key]
      return member !== undefined && contains(member, wanted, false)
    })
  }
  return whole === part
}

t.test('a JSON value contains its parts, and what a plain reading says', async (t) => {
  const column = columnOf<JsonValue>(types.json(), 0)
  const isContained = (whole: Json, part: Json) =>
    compileValue(jsonContains(column, part).node, access)([types.json().type.toRow(whole)])
  const property = fc.property(aJsonPair, aJsonPair, ([whole, part], [, other]) => {
    if (whole === null || part === null || other === null) return
    if (isContained(whole, part) !== true) throw new Error('a part is not contained')
    if (isContained(whole, other) !== contains(whole, other, true)) throw new Error('another part')
  })
  t.doesNotThrow(() => fc.assert(property, { seed, numRuns: 3000 }))
})
