import { type Aggregate, avg, count, max, min, sum } from '../../lib/expressions/aggregate.js'
import { asc, type DescendingColumn, desc } from '../../lib/expressions/asc-desc.js'
import { caseWhen } from '../../lib/expressions/case.js'
import { cast, literal } from '../../lib/expressions/cast.js'
import type { Column } from '../../lib/expressions/column.js'
import { coalesce, nullIf } from '../../lib/expressions/conditional.js'
import { hour, year } from '../../lib/expressions/date-functions.js'
import type { Expression, Predicate } from '../../lib/expressions/expression.js'
import { arrayContains, hasKey, jsonAt, jsonContains } from '../../lib/expressions/json-functions.js'
import { abs, round } from '../../lib/expressions/number-functions.js'
import type { Ordering } from '../../lib/expressions/ordering.js'
import { and_, exists, not_, or_ } from '../../lib/expressions/predicate.js'
import type { SubquerySource } from '../../lib/expressions/subquery-source.js'
import { concat, length, lower, substring } from '../../lib/expressions/text-functions.js'
import type { JsonValue } from '../../lib/values/column-type.js'
import { t } from '../../lib/values/t.js'
import type { Timestamp } from '../../lib/values/timestamp.js'
import { type Equal, expectTrue } from './equal.js'

type Status = 'active' | 'killed'

interface Columns {
  readonly name: Column<string>
  readonly nickname: Column<string | null>
  readonly status: Column<Status>
  readonly size: Column<bigint | null>
  readonly rank: Column<number>
  readonly isPublic: Column<boolean | null>
  readonly createdAt: Column<Date>
  readonly seenAt: Column<Timestamp | null>
  readonly tags: Column<readonly string[]>
  readonly details: Column<JsonValue | null>
}

export function valuesHaveTheTypeOfTheColumn(c: Columns): void {
  c.name.eq('a')
  c.nickname.eq('a')
  c.status.in(['active', 'killed'])
  c.size.between(0n, 10n)
  c.createdAt.lt(new Date())
  c.tags.eq(['a'])
  // @ts-expect-error a number is no text
  c.name.eq(1)
  // @ts-expect-error null is compared by isNull()
  c.nickname.eq(null)
  // @ts-expect-error undefined never means anything
  c.name.eq(undefined)
  // @ts-expect-error not a text of the enum
  c.status.eq('paused')
  // @ts-expect-error nor in a list
  c.status.in(['active', 'paused'])
  // @ts-expect-error a number is no bigint
  c.size.gt(1)
  // @ts-expect-error null in a list
  c.nickname.in([null])
  // @ts-expect-error text is no date
  c.createdAt.gte('2024-01-01')
}

export function expressionsOfTheSameTypeAreCompared(c: Columns): void {
  c.name.eq(c.nickname)
  c.nickname.eq(c.name)
  c.name.ne(c.status)
  c.rank.lt(count())
  // @ts-expect-error number against text
  c.rank.eq(c.name)
  // @ts-expect-error number against bigint
  c.rank.eq(c.size)
}

export function textIsSearchedOnlyInText(c: Columns): void {
  c.name.like('a%')
  c.nickname.ilike('a%')
  c.status.startsWith('a')
  c.nickname.endsWith('a')
  c.name.contains('a')
  // @ts-expect-error a number is not searched
  c.rank.like('1%')
  // @ts-expect-error a date is not searched
  c.createdAt.contains('2024')
}

export function predicatesAreComparisonsAndBooleanColumns(c: Columns): void {
  expectTrue<Equal<ReturnType<typeof c.name.eq>, Predicate>>()
  and_(c.name.eq('a'), c.isPublic, not_(c.isPublic), or_(c.name.isNull()))
  const predicate: Predicate = c.isPublic
  predicate.isNotNull()
  // @ts-expect-error a text is no predicate
  and_(c.name)
  // @ts-expect-error nor is undefined
  or_(undefined)
}

export function expressionsAreCovariant(c: Columns): void {
  const widened: Expression<string | null> = c.status
  widened.asc()
  // @ts-expect-error a nullable expression is no expression that is never null
  const narrowed: Expression<string> = c.nickname
  narrowed.desc()
}

export function aggregatesHaveTheTypesOfTheContract(c: Columns): void {
  expectTrue<Equal<ReturnType<typeof count>, Aggregate<number>>>()
  const results = {
    sumOfIntegers: sum(c.rank),
    sumOfBigints: sum(c.size),
    sumOfDecimals: sum(c.name),
    averageOfIntegers: avg(c.rank),
    averageOfBigints: avg(c.size),
    averageOfDecimals: avg(c.name),
    least: min(c.status),
    greatest: max(c.createdAt),
    names: count(c.name).distinct(),
  }
  expectTrue<Equal<typeof results.sumOfIntegers, Aggregate<number | null>>>()
  expectTrue<Equal<typeof results.sumOfBigints, Aggregate<bigint | null>>>()
  expectTrue<Equal<typeof results.sumOfDecimals, Aggregate<string | null>>>()
  expectTrue<Equal<typeof results.averageOfIntegers, Aggregate<number | null>>>()
  expectTrue<Equal<typeof results.averageOfBigints, Aggregate<string | null>>>()
  expectTrue<Equal<typeof results.averageOfDecimals, Aggregate<string | null>>>()
  expectTrue<Equal<typeof results.least, Aggregate<Status | null>>>()
  expectTrue<Equal<typeof results.greatest, Aggregate<Date | null>>>()
  expectTrue<Equal<typeof results.names, Aggregate<number>>>()
  results.sumOfBigints.gt(5n)
  // @ts-expect-error the sum of bigints is a bigint
  results.sumOfBigints.gt(5)
  // @ts-expect-error dates are not added up
  sum(c.createdAt)
}

export function descMakesAnOrderingOrAMarker(c: Columns): void {
  const marker = desc('createdAt')
  expectTrue<Equal<typeof marker, DescendingColumn<'createdAt'>>>()
  const ordering = desc(c.createdAt)
  expectTrue<Equal<typeof ordering, Ordering>>()
  asc(c.seenAt).nullsFirst()
  // @ts-expect-error in an index ascending is the column's name alone
  asc('createdAt')
}

/** The type of an expression's values. */
type ValueOf<E> = E extends Expression<infer T> ? T : never

export function calculationsKeepTheTypeAndAreNullWhereAnOperandMayBe(c: Columns): void {
  const results = {
    sum: c.rank.plus(1),
    nullable: c.size.times(2n),
    nullableOther: literal(1n, t.bigint()).minus(c.size),
    quotient: c.rank.dividedBy(2),
    remainder: c.size.modulo(2n),
    negated: c.size.negated(),
    ofAggregates: sum(c.rank).dividedBy(count()),
    absolute: abs(c.rank),
    rounded: round(c.name, 2),
  }
  expectTrue<Equal<ValueOf<typeof results.sum>, number>>()
  expectTrue<Equal<ValueOf<typeof results.nullable>, bigint | null>>()
  expectTrue<Equal<ValueOf<typeof results.nullableOther>, bigint | null>>()
  expectTrue<Equal<ValueOf<typeof results.quotient>, number | null>>()
  expectTrue<Equal<ValueOf<typeof results.remainder>, bigint | null>>()
  expectTrue<Equal<ValueOf<typeof results.negated>, bigint | null>>()
  expectTrue<Equal<ValueOf<typeof results.ofAggregates>, number | null>>()
  expectTrue<Equal<ValueOf<typeof results.absolute>, number>>()
  expectTrue<Equal<ValueOf<typeof results.rounded>, string>>()
  c.rank.plus(c.rank).gt(5)
  // @ts-expect-error a bigint beside a number
  c.rank.plus(1n)
  // @ts-expect-error a bigint column beside a number
  c.rank.plus(c.size)
  // @ts-expect-error dates are not calculated with
  c.createdAt.plus(1)
  // @ts-expect-error nor booleans
  c.isPublic.negated()
  // @ts-expect-error null is no operand
  c.rank.plus(null)
}

export function functionsOfTextAreNullWhereAnArgumentMayBe(c: Columns): void {
  const results = {
    lower: lower(c.name),
    lowerNullable: lower(c.nickname),
    lowerEnum: lower(c.status),
    length: length(c.nickname),
    concat: concat(c.name, '-', c.status),
    concatNullable: concat(c.name, c.nickname),
    substring: substring(c.name, 1, 2),
    substringNullable: substring(c.name, 1, length(c.nickname)),
  }
  expectTrue<Equal<ValueOf<typeof results.lower>, string>>()
  expectTrue<Equal<ValueOf<typeof results.lowerNullable>, string | null>>()
  expectTrue<Equal<ValueOf<typeof results.lowerEnum>, string>>()
  expectTrue<Equal<ValueOf<typeof results.length>, number | null>>()
  expectTrue<Equal<ValueOf<typeof results.concat>, string>>()
  expectTrue<Equal<ValueOf<typeof results.concatNullable>, string | null>>()
  expectTrue<Equal<ValueOf<typeof results.substring>, string>>()
  expectTrue<Equal<ValueOf<typeof results.substringNullable>, string | null>>()
  // @ts-expect-error a number is no text
  lower(c.rank)
  // @ts-expect-error nor is it in a concatenation
  concat(c.name, 1)
  // @ts-expect-error a place is a number
  substring(c.name, 'a')
}

export function choicesAreOfTheirValues(c: Columns): void {
  const results = {
    coalesced: coalesce(c.nickname, 'none'),
    coalescedColumn: coalesce(c.nickname, c.name),
    coalescedNullable: coalesce(c.nickname, c.nickname),
    coalescedLast: coalesce(c.nickname, c.nickname, 'none'),
    nullIf: nullIf(c.rank, 0),
    open: caseWhen(c.isPublic, 'public'),
    closed: caseWhen(c.isPublic, 'public').when(c.rank.gt(5), 'ranked').otherwise('private'),
    columns: caseWhen(c.isPublic, c.rank).otherwise(0),
  }
  expectTrue<Equal<ValueOf<typeof results.coalesced>, string>>()
  expectTrue<Equal<ValueOf<typeof results.coalescedColumn>, string>>()
  expectTrue<Equal<ValueOf<typeof results.coalescedNullable>, string | null>>()
  expectTrue<Equal<ValueOf<typeof results.coalescedLast>, string>>()
  expectTrue<Equal<ValueOf<typeof results.nullIf>, number | null>>()
  expectTrue<Equal<ValueOf<typeof results.open>, 'public' | null>>()
  expectTrue<Equal<ValueOf<typeof results.closed>, 'public' | 'ranked' | 'private'>>()
  expectTrue<Equal<ValueOf<typeof results.columns>, number>>()
  // @ts-expect-error a number in the place of a text
  coalesce(c.nickname, 1)
  // @ts-expect-error nothing in the place of a null
  coalesce(c.nickname)
  // @ts-expect-error a text is no predicate
  caseWhen(c.name, 1)
}

export function castsAndLiteralsHaveTheTypeThatIsGiven(c: Columns): void {
  const results = {
    text: cast(c.rank, t.text()),
    nullableText: cast(c.size, t.text()),
    integer: cast(c.name, t.integer()),
    nullable: cast(c.name, t.datetime().nullable()),
    literal: literal(5, t.integer()),
    year: year(c.createdAt),
    hour: hour(c.seenAt),
  }
  expectTrue<Equal<ValueOf<typeof results.text>, string>>()
  expectTrue<Equal<ValueOf<typeof results.nullableText>, string | null>>()
  expectTrue<Equal<ValueOf<typeof results.integer>, number | null>>()
  expectTrue<Equal<ValueOf<typeof results.nullable>, Date | null>>()
  expectTrue<Equal<ValueOf<typeof results.literal>, number>>()
  expectTrue<Equal<ValueOf<typeof results.year>, number>>()
  expectTrue<Equal<ValueOf<typeof results.hour>, number | null>>()
  // @ts-expect-error not a value of the type
  literal('a', t.integer())
  // @ts-expect-error a text has no hour
  hour(c.name)
}

export function whatIsFoundInJsonHasTheTypeThatIsAskedFor(c: Columns): void {
  const results = {
    text: jsonAt(c.details, 'a', 0, 'b', t.text()),
    tags: jsonAt(c.details, 'tags', t.json<string[]>()),
    contains: jsonContains(c.details, { a: [1] }),
  }
  expectTrue<Equal<ValueOf<typeof results.text>, string | null>>()
  expectTrue<Equal<ValueOf<typeof results.tags>, string[] | null>>()
  expectTrue<Equal<typeof results.contains, Predicate>>()
  arrayContains(c.tags, 'a')
  arrayContains(results.tags, lower(c.name))
  arrayContains(c.details, { a: 1 })
  hasKey(c.details, 'a')
  // @ts-expect-error the array holds texts
  arrayContains(c.tags, 1)
  // @ts-expect-error without a type
  jsonAt(c.details, 'a')
  // @ts-expect-error a key is a text
  hasKey(c.details, 1)
}

export function queriesStandInsideExpressions(
  c: Columns,
  names: SubquerySource<string | null>,
  ranks: SubquerySource<number>,
): void {
  expectTrue<Equal<ReturnType<typeof exists>, Predicate>>()
  c.name.in(names)
  c.nickname.notIn(names)
  c.rank.in(ranks)
  exists(ranks)
  // @ts-expect-error texts among numbers
  c.name.in(ranks)
  // @ts-expect-error an array is no query
  exists([1])
}

export function labelsKeepTheType(c: Columns): void {
  const label = c.nickname.as('nick')
  expectTrue<Equal<typeof label, Expression<string | null>>>()
  c.isPublic.isTrue()
  // @ts-expect-error a text is neither true nor false
  c.name.isTrue()
}
