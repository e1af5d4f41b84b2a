import type { Expression } from '../../../lib/expressions/expression.js'
import type { Choices } from '../choices.js'
import type { ValuePair } from '../pairs.js'
import { literalOf } from '../sql-text.js'
import { type ValueKind, wideBigint, wideFloat, wideInteger } from '../value-kinds.js'

/** What results may be beyond what is exact to add up. */
const wideKinds: Readonly<Record<string, ValueKind>> = { integer: wideInteger, bigint: wideBigint, float: wideFloat }

/** A calculation of two numbers of small size, or of one; undefined for other values. */
export function calculation(choices: Choices, value: ValuePair, values: readonly ValuePair[]): ValuePair | undefined {
  const { kind } = value
  if (!kind.isSummable) return undefined
  const name = choices.pick(methodsOf(kind))
  if (name === 'abs' || name === 'negated') return ofOne(value, name)
  const others = values.filter((other) => other.kind === kind)
  const other = choices.chance(50) ? choices.pick(others) : undefined
  const literal = choices.pick(kind.pool)
  const sql = other?.sql ?? literalOf(kind, literal)
  const isDivision = name === 'dividedBy' || name === 'modulo'
  return {
    kind: name === 'dividedBy' && kind.family !== 'bigint' ? wideFloat : (wideKinds[kind.name] ?? kind),
    isNullable: value.isNullable || isDivision || (other?.isNullable ?? false),
    sql: sqlOf(name, kind, value.sql, sql),
    rome: (on) => calculatorOf(value.rome(on))[name](other?.rome(on) ?? literal),
  }
}

const operators = { plus: '+', minus: '-', times: '*', dividedBy: '/', modulo: '%' } as const

type Method = keyof typeof operators | 'abs' | 'negated'

/** What both sides do alike: products of decimals have more digits than hundredths, floats leave no whole rest. */
function methodsOf({ name }: ValueKind): readonly Method[] {
  if (name === 'integer') return ['plus', 'minus', 'times', 'modulo', 'dividedBy', 'abs', 'negated']
  if (name === 'bigint') return ['plus', 'minus', 'modulo', 'dividedBy', 'abs', 'negated']
  return name === 'float' ? ['plus', 'minus', 'times', 'abs', 'negated'] : ['plus', 'minus', 'abs', 'negated']
}

/** Integers give a fraction, bigints are cut off. */
function sqlOf(name: keyof typeof operators, kind: ValueKind, left: string, right: string): string {
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

/** Whether an operand fits is checked as the expression is built. */
function calculatorOf(expression: Expression<unknown>) {
  return expression as unknown as Record<keyof typeof operators, (operand: unknown) => Expression<unknown>>
}

function numberIn(expression: Expression<unknown>): Expression<number> {
  return expression as Expression<number>
}
