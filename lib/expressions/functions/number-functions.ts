import { decimalDigitsMax } from '../../codec/limits.js'
import { QueryError } from '../../errors/rome-error.js'
import {
  addDecimals,
  decimalOfNumber,
  divideDecimals,
  multiplyDecimals,
  negateDecimal,
  remainderOfDecimals,
  roundDecimal,
  subtractDecimals,
} from '../../values/decimal-arithmetic.js'
import { digitCount } from '../../values/decimal-text.js'
import { isSigned64 } from '../../values/signed-64.js'
import type { NumberFunction } from '../nodes.js'
import type { StrictFunction } from './strict-function.js'

type NumberFunctions = Readonly<Record<NumberFunction, StrictFunction>>

/** The types that are calculated with, by the type of the result. A quotient of integers is a float. */
export const numberFunctions: Readonly<Record<'integer' | 'float' | 'bigint' | 'decimal', NumberFunctions>> = {
  integer: {
    plus: (a: number, b: number) => safe(a + b),
    minus: (a: number, b: number) => safe(a - b),
    times: (a: number, b: number) => safe(a * b),
    dividedBy: (a: number, b: number) => (b === 0 ? null : finite(a / b)),
    modulo: (a: number, b: number) => (b === 0 ? null : safe(a % b)),
    negated: (a: number) => safe(-a),
    abs: (a: number) => Math.abs(a),
    round: (a: number) => a,
  },
  float: {
    plus: (a: number, b: number) => finite(a + b),
    minus: (a: number, b: number) => finite(a - b),
    times: (a: number, b: number) => finite(a * b),
    dividedBy: (a: number, b: number) => (b === 0 ? null : finite(a / b)),
    modulo: (a: number, b: number) => (b === 0 ? null : finite(a % b)),
    negated: (a: number) => finite(-a),
    abs: (a: number) => Math.abs(a),
    round: (a: number, digits: number) => finite(Number(roundDecimal(decimalOfNumber(a), digits))),
  },
  bigint: {
    plus: (a: bigint, b: bigint) => signed64(a + b),
    minus: (a: bigint, b: bigint) => signed64(a - b),
    times: (a: bigint, b: bigint) => signed64(a * b),
    dividedBy: (a: bigint, b: bigint) => (b === 0n ? null : signed64(a / b)),
    modulo: (a: bigint, b: bigint) => (b === 0n ? null : a % b),
    negated: (a: bigint) => signed64(-a),
    abs: (a: bigint) => signed64(a < 0n ? -a : a),
    round: (a: bigint) => a,
  },
  decimal: {
    plus: (a: string, b: string) => storable(addDecimals(a, b)),
    minus: (a: string, b: string) => storable(subtractDecimals(a, b)),
    times: (a: string, b: string) => storable(multiplyDecimals(a, b)),
    dividedBy: (a: string, b: string) => (b === '0' ? null : storable(divideDecimals(a, b))),
    modulo: (a: string, b: string) => (b === '0' ? null : storable(remainderOfDecimals(a, b))),
    negated: negateDecimal,
    abs: (a: string) => (a.startsWith('-') ? negateDecimal(a) : a),
    round: (a: string, digits: number) => storable(roundDecimal(a, digits)),
  },
}

/** Adding zero turns -0 into 0, which it equals. */
function safe(value: number): number {
  if (Number.isSafeInteger(value)) return value + 0
  throw new QueryError('ROME_QUERY_INVALID', 'A result is beyond the safe integers: cast its operands to t.bigint().')
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value + 0
  throw new QueryError('ROME_QUERY_INVALID', 'A result is beyond the finite numbers: cast its operands to t.decimal().')
}

function signed64(value: bigint): bigint {
  if (isSigned64(value)) return value
  throw new QueryError('ROME_QUERY_INVALID', 'A result does not fit 64 bits: cast its operands to t.decimal().')
}

function storable(value: string): string {
  if (digitCount(value) <= decimalDigitsMax) return value
  throw new QueryError('ROME_QUERY_INVALID', 'A decimal result has more than 1000 digits: round its operands.')
}
