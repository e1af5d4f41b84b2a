import type { Expression } from '../../../lib/expressions/expression.js'
import type { Choices } from '../choices.js'
import type { ValuePair } from '../pairs.js'
import { literalOf } from '../sql-text.js'
import { decimalQuotient, type ValueKind, wideBigint, wideFloat, wideInteger } from '../value-kinds.js'

/** What results may be beyond what is exact to add up. */
const wideKinds: Readonly<Record<string, ValueKind>> = { integer: wideInteger, bigint: wideBigint, float: wideFloat }

/** A calculation of two numbers of small size, or of one. */
export function calculation(choices: Choices, value: ValuePair, values: readonly ValuePair[]): ValuePair {
  const { kind } = value
  const name = choices.pick(methodsOf(kind))
  if (name === 'abs' || name === 'negated') return ofOne(value, name)
  if (name === 'round') return rounded(choices, value)
  const others = values.filter((other) => other.kind === kind)
  const other = choices.chance(50) ? choices.pick(others) : undefined
  const literal = choices.pick(kind.pool)
  const sql = other?.sql ?? literalOf(kind, literal)
  const isDivision = name === 'dividedBy' || name === 'modulo'
  return {
    kind: resultOf(name, kind),
    isNullable: value.isNullable || isDivision || (other?.isNullable ?? false),
    sql: sqlOf(name, kind, value.sql, sql),
    rome: (on) => calculatorOf(value.rome(on))[name](other?.rome(on) ?? on.constant(kind, literal)),
  }
}

const operators = { plus: '+', minus: '-', times: '*', dividedBy: '/', modulo: '%' } as const

type Operator = keyof typeof operators
type Method = Operator | 'abs' | 'negated' | 'round'

/** What both sides do alike: floats leave no whole rest. */
function methodsOf({ name }: ValueKind): readonly Method[] {
  const alike = ['plus', 'minus', 'abs', 'negated', 'round', 'times'] as const
  if (name === 'float') return alike
  // The products of wide bigints do not fit.
  return name === 'bigint' ? [...alike.slice(0, 5), 'modulo', 'dividedBy'] : [...alike, 'modulo', 'dividedBy']
}

function resultOf(name: Operator, kind: ValueKind): ValueKind {
  if (kind.family === 'decimal') return name === 'times' || name === 'dividedBy' ? decimalQuotient : kind
  return name === 'dividedBy' && kind.family !== 'bigint' ? wideFloat : wideKinds[kind.name]
}

/** Integers give a fraction, bigints are cut off, decimals are hundredths. */
function sqlOf(name: Operator, kind: ValueKind, left: string, right: string): string {
  const isDecimal = kind.family === 'decimal'
  if (isDecimal && name === 'times') return `(${left} * ${right} / 100.0)`
  if (isDecimal && name === 'dividedBy') return `(${left} * 100.0 / ${right})`
  const dividend = name === 'dividedBy' && kind.name === 'integer' ? `CAST(${left} AS REAL)` : left
  return `(${dividend} ${operators[name]} ${right})`
}

function ofOne(value: ValuePair, name: 'abs' | 'negated'): ValuePair {
  return {
    ...value,
    sql: name === 'abs' ? `abs(${value.sql})` : `(- ${value.sql})`,
    rome: (on) => (name === 'abs' ? on.abs(numberIn(value.rome(on))) : numberIn(value.rome(on)).negated()),
  }
}

/** Halves go away from zero. */
function rounded(choices: Choices, value: ValuePair): ValuePair {
  const { kind, sql } = value
  const digits = choices.pick([0, 1, 2, 3])
  const unit = 10 ** (2 - digits)
  const hundredths = `(CASE WHEN ${sql} < 0 THEN -1 ELSE 1 END * ((abs(${sql}) + ${unit / 2}) / ${unit} * ${unit}))`
  return {
    ...value,
    kind: kind.family === 'float' ? wideFloat : kind,
    sql: { float: `round(${sql}, ${digits})`, decimal: digits < 2 ? hundredths : sql }[kind.family] ?? sql,
    rome: (on) => (digits === 0 ? on.round(numberIn(value.rome(on))) : on.round(numberIn(value.rome(on)), digits)),
  }
}

/** Whether an operand fits is checked as the expression is built. */
function calculatorOf(expression: Expression<unknown>) {
  return expression as unknown as Record<Operator, (operand: unknown) => Expression<unknown>>
}

function numberIn(expression: Expression<unknown>): Expression<number> {
  return expression as Expression<number>
}
